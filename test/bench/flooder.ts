/**
 * A program of its own that makes trouble at a server's door: `flooder.js HOST PORT half-open|failing`. It opens a
 * thousand connections a second, and either leaves them silent or shakes hands with a key that nobody invited.
 */
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { createIdentity } from "../../src/session/identity.js";

const PER_TICK = 10;
const TICK_MS = 10;
const LIFETIME_MS = 2_000;

const [host = "", port = "", kind = ""] = process.argv.slice(2);
const { key, certificate } = createIdentity();

setInterval(() => {
  for (let count = 0; count < PER_TICK; count++) open();
}, TICK_MS);
console.log("flooding");

function open(): void {
  const target = { host, port: Number(port) };
  const socket =
    kind === "half-open"
      ? connect(target)
      : connectTls({ ...target, key, cert: certificate, rejectUnauthorized: false });
  socket.on("error", () => undefined);
  socket.once("secureConnect", () => socket.destroy());
  setTimeout(() => socket.destroy(), LIFETIME_MS).unref();
}
