/** What can only be seen on a server that is a process of its own. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { test } from "node:test";
import { eventually, quiet } from "../support/clock.js";
import { Peer } from "../support/peers.js";

const BIN = new URL("../../../bin/tapswitch.js", import.meta.url).pathname;

test("a full table of open files does not end the server", { timeout: 20_000 }, async (t) => {
  const child = spawn(process.execPath, [BIN, "serve", "-l", "tcp://127.0.0.1:0"]);
  t.after(() => child.kill("SIGKILL"));
  let log = "";
  child.stderr.on("data", (chunk) => {
    log += chunk;
  });
  await eventually(
    () => log.includes("listening on"),
    () => `the start: ${log}`,
  );
  const port = Number(/listening on tcp:\/\/127\.0\.0\.1:(\d+)/.exec(log)![1]);
  execFileSync("prlimit", ["--pid", String(child.pid), "--nofile=40:40"]);
  for (let round = 0; round < 3; round++) {
    const peers = await Promise.all(
      Array.from({ length: 100 }, () => Peer.connect({ host: "127.0.0.1", port }).catch(() => null)),
    );
    await quiet(100);
    for (const peer of peers) peer?.destroy();
  }
  await quiet(200);
  assert.equal(child.exitCode, null, log);
  await Peer.join({ host: "127.0.0.1", port });
});
