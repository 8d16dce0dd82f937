/** WebSockets of a running server: who gets in, what becomes of them, and what strangers may cost. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import { createIdentity } from "../../../src/session/identity.js";
import { eventually } from "../../support/clock.js";
import { frame, mac, Peer } from "../../support/peers.js";
import { SOMEONE } from "../../support/secure.js";
import { refusalOf, TestServer, temporaryFolder } from "../../support/server.js";
import { WebSocketPeer } from "../../support/websockets.js";

const TOKEN = "a-token-of-some-length";
const RAW = "tcp://127.0.0.1:0?raw=yes";

async function serving(t: TestContext, listen: string, config: Record<string, unknown> = {}) {
  const test = await TestServer.start(t, { listen: [RAW, listen], ...config });
  const url = test.server.bound.find((bound) => bound.startsWith("ws"))!;
  return { test, url };
}

function tokenFile(t: TestContext, mode = 0o600): string {
  const file = join(temporaryFolder(t), "token");
  writeFileSync(file, `${TOKEN}\n`, { mode });
  return file;
}

function certificate(t: TestContext): string {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "cert"), SOMEONE.certificate);
  writeFileSync(join(folder, "key"), SOMEONE.key);
  return `cert=${folder}/cert&key=${folder}/key`;
}

/** The status of the answer to a client that is not let in. */
function refused(url: string, options: object = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const webSocket = new WebSocket(url, { rejectUnauthorized: false, ...options });
    webSocket.on("unexpected-response", (_request, response) => {
      resolve(response.statusCode!);
      webSocket.terminate();
    });
    webSocket.on("open", () => reject(new Error("it was let in")));
    webSocket.on("error", () => undefined);
  });
}

async function connected(t: TestContext, url: string, options: object = {}): Promise<WebSocketPeer> {
  const peer = await WebSocketPeer.connect(url, options);
  t.after(() => peer.webSocket.terminate());
  return peer;
}

describe("a listener for WebSockets", () => {
  test("makes a port of each, with the settings of its URL, and takes it away at its end", async (t) => {
    const { test, url } = await serving(t, "ws://127.0.0.1:0?name=page&mac-limit=2&network=lab", {
      network: ["default", "lab"],
    });
    const [one, other] = [await connected(t, `${url}/any`), await connected(t, url)];
    await eventually(() => test.ports("lab").length === 2, "two ports");
    assert.deepEqual(
      test.ports("lab").map(({ name, kind }) => [name, kind]),
      [
        ["page", "ws"],
        ["page-2", "ws"],
      ],
    );
    one.send([1, 2, 3].map((host) => frame({ from: mac(host) })));
    await eventually(() => other.frames.length === 3, "the frames");
    assert.deepEqual([test.ports("lab")[0]!.macs, test.ports("lab")[0]!.macsEvicted], [2, 1]);
    one.webSocket.close();
    await eventually(() => test.ports("lab").length === 1, "the end of a port");
  });

  test("lets nobody send but from the address that its URL names", async (t) => {
    const { test, url } = await serving(t, `ws://127.0.0.1:0?mac=${mac(1)}`);
    const [one, other] = [await connected(t, url), await connected(t, url)];
    await eventually(() => test.ports().length === 2, "two ports");
    one.send([frame({ from: mac(9) }), frame({ from: mac(1) })]);
    await eventually(() => other.frames.length > 0, "the frame");
    assert.deepEqual(other.frames, [frame({ from: mac(1) })]);
    assert.equal(test.ports()[0]!.counters.drops.security, 1);
  });

  test("switches between them and others, each frame to whom it is for", async (t) => {
    const { test, url } = await serving(t, "ws://127.0.0.1:0");
    const page = await connected(t, url);
    const raw = await Peer.connect({ host: "127.0.0.1", port: test.port(0) });
    t.after(() => raw.destroy());
    await eventually(() => test.ports().length === 2, "two ports");
    page.send([frame({ from: mac(1) })]);
    await raw.gotFrames(1);
    const answers = [60, 1_514, 9_014, 65_535].map((length) => frame({ to: mac(1), from: mac(2), length }));
    for (const answer of answers) raw.send(answer);
    await eventually(() => page.frames.length === answers.length, "the answers");
    assert.deepEqual(page.frames, answers);
  });

  test("lets in nobody without its token, and nobody from another web site", async (t) => {
    const { test, url } = await serving(t, `ws://127.0.0.1:0?token=${tokenFile(t)}`);
    assert.equal(await refused(url), 401);
    assert.equal(await refused(`${url}/?token=another-token-of-it`), 401);
    assert.equal(await refused(`${url}/${TOKEN}`, { origin: "https://evil.example" }), 403);
    await connected(t, `${url}/${TOKEN}`, { origin: "http://localhost:8000" });
    await connected(t, `${url}/?token=${TOKEN}`);
    await eventually(() => test.ports().length === 2, "two ports");
    assert.ok(!JSON.stringify(test.lines).includes(TOKEN), "the token is in the log");
    assert.equal(test.server.snapshot().ends["not-authenticated"], 3);
  });

  test("lets in pages of the web sites that it names", async (t) => {
    const { url } = await serving(t, "ws://127.0.0.1:0?origin=https://lab.example,null");
    await connected(t, url, { origin: "https://lab.example" });
    await connected(t, url, { origin: "null" });
    assert.equal(await refused(url, { origin: "http://localhost" }), 403);
  });

  test("shuts out for a while who shows wrong tokens again and again", async (t) => {
    const { url } = await serving(t, `ws://127.0.0.1:0?token=${tokenFile(t)}`);
    const tries = Array.from({ length: 12 }, async () => {
      const webSocket = new WebSocket(`${url}/wrong-token-of-some-length`);
      return new Promise((resolve) => webSocket.on("error", (error) => resolve(error.message)));
    });
    for (const attempt of tries) await attempt;
    const last = new WebSocket(`${url}/${TOKEN}`);
    const why = await new Promise((resolve) => {
      last.on("error", (error) => resolve(error.message));
      last.on("open", () => resolve("it was let in"));
    });
    assert.match(String(why), /hang up|ECONNRESET/);
  });

  test("says to a browser that it is none for pages, and ends who says nothing", async (t) => {
    const { test, url } = await serving(t, "ws://127.0.0.1:0");
    const answer = await fetch(url.replace("ws:", "http:"));
    assert.equal(answer.status, 426);
    const silent = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
    silent.on("error", () => undefined);
    const before = performance.now();
    await new Promise((resolve) => silent.on("close", resolve));
    assert.ok(performance.now() - before < 20_000);
    assert.equal(test.ports().length, 0);
  });

  test("has no more of them than there may be ports", async (t) => {
    const { test, url } = await serving(t, "ws://127.0.0.1:0", { maxPorts: 1 });
    await connected(t, url);
    assert.equal(await refused(url), 503);
    assert.equal(test.server.snapshot().turnedAway, 1);
  });

  test("is encrypted with the certificate that it is given", async (t) => {
    const { test, url } = await serving(t, `wss://127.0.0.1:0?${certificate(t)}`);
    assert.ok(url.startsWith("wss:"));
    const page = await connected(t, url);
    const raw = await Peer.connect({ host: "127.0.0.1", port: test.port(0) });
    t.after(() => raw.destroy());
    await eventually(() => test.ports().length === 2, "two ports");
    page.send([frame({ from: mac(1) })]);
    await raw.gotFrames(1);
    raw.send(frame({ to: mac(1), from: mac(2) }));
    await eventually(() => page.frames.length === 1, "the answer");
    assert.equal(test.ports().find(({ kind }) => kind === "wss")?.macs, 1);
    const plain = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
    plain.on("error", () => undefined);
    plain.write("GET / HTTP/1.1\r\n\r\n");
    await new Promise((resolve) => plain.on("close", resolve));
  });

  test("ends them and stops listening when the server stops", async (t) => {
    const { test, url } = await serving(t, "ws://127.0.0.1:0");
    const page = await connected(t, url);
    await test.server.stop();
    await eventually(() => page.closed !== undefined, "the end");
    assert.equal(page.closed, 1_001);
    await assert.rejects(WebSocketPeer.connect(url), /ECONNREFUSED/);
  });

  test("is refused beyond loopback without encryption and a token", async (t) => {
    const token = `token=${tokenFile(t)}`;
    const tls = certificate(t);
    for (const listen of ["ws://0.0.0.0:0", `ws://0.0.0.0:0?${token}`, `wss://0.0.0.0:0?${tls}`])
      assert.match((await refusalOf({ listen: [listen] })).message, /faces the network without/);
    await serving(t, `wss://0.0.0.0:0?${tls}&${token}`);
    await serving(t, "ws://0.0.0.0:0", { insecure: true });
  });

  test("asks for the token that its file holds after a reload, and keeps who is in", async (t) => {
    const file = tokenFile(t);
    const { test, url } = await serving(t, `ws://127.0.0.1:0?token=${file}`);
    const early = await connected(t, `${url}/${TOKEN}`);
    assert.deepEqual((await test.server.reload()).applied, []);
    writeFileSync(file, "another-token-of-it");
    assert.deepEqual((await test.server.reload()).applied, [`files of ${url}`]);
    assert.equal(await refused(`${url}/${TOKEN}`), 401);
    await connected(t, `${url}/another-token-of-it`);
    await eventually(() => test.ports().length === 2, "two ports");
    assert.equal(early.closed, undefined);
    writeFileSync(file, "short");
    await assert.rejects(test.server.reload(), /holds no token/);
    await connected(t, `${url}/another-token-of-it`);
  });

  test("shows the certificate that its file holds after a reload", async (t) => {
    const files = certificate(t);
    const { test, url } = await serving(t, `wss://127.0.0.1:0?${files}`);
    const serial = async (): Promise<string> => {
      const { webSocket } = await connected(t, url);
      const { _socket: socket } = webSocket as unknown as { _socket: TLSSocket };
      return socket.getPeerCertificate().fingerprint256;
    };
    const before = await serial();
    const other = createIdentity();
    writeFileSync(/cert=([^&]+)/.exec(files)![1]!, other.certificate);
    writeFileSync(/key=([^&]+)/.exec(files)![1]!, other.key);
    await test.server.reload();
    assert.notEqual(await serial(), before);
  });

  test("does not start with a token that everyone can read, or with files that are none", async (t) => {
    const listen = (options: string) => refusalOf({ listen: [`ws://127.0.0.1:0?${options}`] });
    assert.match((await listen(`token=${tokenFile(t, 0o644)}`)).message, /everyone can read/);
    assert.match((await listen("token=/nonexistent")).message, /cannot read '\/nonexistent'/);
    const file = tokenFile(t);
    const secure = await refusalOf({ listen: [`wss://127.0.0.1:0?cert=${file}&key=${file}`] });
    assert.match(secure.message, /PEM files are expected/);
  });
});

describe("an attached WebSocket", () => {
  test("is a port of both switches, with a token where one is asked for", async (t) => {
    const token = tokenFile(t);
    const { test: hub, url } = await serving(t, `ws://127.0.0.1:0?token=${token}`);
    const spoke = await TestServer.start(t, { listen: [RAW], attach: [`${url}?token=${token}&name=hub`] });
    await eventually(() => hub.ports().length === 1, "the port at the hub");
    const [near, far] = await Promise.all(
      [spoke, hub].map((one) => Peer.connect({ host: "127.0.0.1", port: one.port(0) })),
    );
    t.after(() => [near, far].map((peer) => peer!.destroy()));
    await eventually(() => hub.ports().length === 2 && spoke.ports().length === 2, "all ports");
    near!.send(frame({ from: mac(1), length: 1_514 }));
    assert.deepEqual(await far!.gotFrames(1), [frame({ from: mac(1), length: 1_514 })]);
    far!.send(frame({ to: mac(1), from: mac(2) }));
    await near!.gotFrames(1);
  });
});
