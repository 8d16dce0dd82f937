/** In place of a VDE switch: whom it gives a port, what it leaves alone, and what is left of it. */
import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { Link } from "../../src/link/link.js";
import { VdeListener } from "../../src/link/vde-listener.js";
import { eventually } from "../support/clock.js";
import { DatagramPeer } from "../support/datagram-peer.js";
import { temporaryFolder } from "../support/server.js";
import { VdePeer, vdeRequest } from "../support/vde-peer.js";

interface Switch {
  readonly folder: string;
  readonly root: string;
  readonly ports: { link: Link; port: number; name: string }[];
  readonly failures: string[];
  readonly listener: VdeListener;
  full: boolean;
}

async function start(t: TestContext, rights: { mode?: number; group?: string } = {}): Promise<Switch> {
  const root = temporaryFolder(t);
  const folder = join(root, "vde");
  const ports: Switch["ports"] = [];
  const failures: string[] = [];
  const made: { full: boolean } = { full: false };
  const listener = await VdeListener.open(
    { path: folder, mode: rights.mode, group: rights.group },
    {
      room: () => !made.full,
      accept: (link, port, name) => ports.push({ link, port, name }),
      failed: (error) => failures.push(error.message),
    },
  );
  t.after(() => listener.close());
  return Object.assign(made, { folder, root, ports, failures, listener });
}

async function plug(t: TestContext, vde: Switch, name: string, options?: Parameters<typeof vdeRequest>[1]) {
  const peer = await VdePeer.plug(vde.folder, join(vde.root, name), options);
  t.after(() => peer.vanish());
  return peer;
}

describe("a client of the VDE socket", () => {
  test("has the number that it wants where that is free, and is known by what it says", async (t) => {
    const vde = await start(t);
    await plug(t, vde, "a", { port: 7, description: "QEMU" });
    await plug(t, vde, "b", { port: 7 });
    await plug(t, vde, "c", { version: 1 });
    assert.deepEqual(
      vde.ports.map(({ port, name }) => [port, name]),
      [
        [7, "QEMU"],
        [1, ""],
        [2, ""],
      ],
    );
    assert.match(vde.ports[0]!.link.peer, /vde port 7 \(QEMU\)$/);
  });

  test("leaves its number free when its connection ends, and when its port is closed", async (t) => {
    const vde = await start(t);
    const one = await plug(t, vde, "a");
    one.vanish();
    await eventually(() => !readdirSync(vde.folder).includes("001.data"), "the socket to go");
    const two = await plug(t, vde, "b");
    assert.equal(vde.ports[1]!.port, 1);
    vde.ports[1]!.link.close();
    await eventually(() => two.closed, "the end of the connection");
    assert.deepEqual(readdirSync(vde.folder), ["ctl"]);
  });

  test("is turned away where there is no room", async (t) => {
    const vde = await start(t);
    vde.full = true;
    const peer = await plug(t, vde, "a");
    assert.ok(peer.closed);
    assert.match(vde.failures[0]!, /no free port for a client of the VDE socket/);
  });

  test("that says what is no request is cut off, and nobody else notices", async (t) => {
    const vde = await start(t);
    const bad = await VdePeer.connect(vde.folder, join(vde.root, "a"));
    t.after(() => bad.vanish());
    bad.control.write("GET / HTTP/1.1\r\n");
    await eventually(() => bad.closed, "the end of the connection");
    assert.match(vde.failures[0]!, /speaks another protocol/);
    await plug(t, vde, "b");
    assert.equal(vde.ports.length, 1);
  });

  test("that asks byte by byte gets its port", async (t) => {
    const vde = await start(t);
    const path = join(vde.root, "a");
    const peer = await VdePeer.connect(vde.folder, path);
    t.after(() => peer.vanish());
    for (const byte of vdeRequest(path).subarray(0, 122)) {
      peer.control.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    await eventually(() => peer.answer.length === 110, "an answer");
  });

  test("that wants its frames where no socket is gets no port", async (t) => {
    const vde = await start(t);
    for (const path of [join(vde.root, "nothing"), vde.root]) {
      const peer = await VdePeer.connect(vde.folder, join(vde.root, `x${vde.failures.length}`));
      t.after(() => peer.vanish());
      peer.control.write(vdeRequest(path));
      await eventually(() => peer.closed, "the end of the connection");
    }
    for (const failure of vde.failures)
      assert.match(failure, /wants its frames at '.*', which is not its socket/);
    assert.deepEqual(readdirSync(vde.folder), ["ctl"]);
  });

  test("no more than 64 may be undecided at a time", async (t) => {
    const vde = await start(t);
    const all: VdePeer[] = [];
    for (let count = 0; count < 65; count++)
      all.push(await VdePeer.connect(vde.folder, join(vde.root, `p${count}`)));
    t.after(() => {
      for (const one of all) one.vanish();
    });
    await eventually(() => all.filter((one) => one.closed).length === 1, "one to be turned away");
    const { control } = all.find((one) => !one.closed)!;
    control.destroy();
    await eventually(() => all.filter((one) => one.closed).length === 2, "one to leave");
    await plug(t, vde, "late");
    assert.equal(vde.ports.length, 1);
  });
});

describe("the folder of a VDE socket", () => {
  test("lets in whom the mode of its sockets lets in", async (t) => {
    const vde = await start(t, { mode: 0o660 });
    assert.equal(statSync(vde.folder).mode & 0o7777, 0o2770);
    assert.equal(statSync(join(vde.folder, "ctl")).mode & 0o777, 0o660);
    const other = await start(t);
    assert.equal(statSync(other.folder).mode & 0o7777, 0o2700);
    assert.equal(statSync(join(other.folder, "ctl")).mode & 0o777, 0o600);
  });

  test("is taken over where a crash has left it, and only its own sockets go", async (t) => {
    const vde = await start(t);
    const folder = join(vde.root, "left");
    mkdirSync(folder);
    const left = [join(folder, "001.data"), join(folder, "1024.data")].map((path) => DatagramPeer.bind(path));
    writeFileSync(join(folder, "notes"), "");
    symlinkSync(join(folder, "ctl"), join(folder, "link"));
    // A stream socket that nobody listens on.
    const dead = createServer().listen(join(folder, "dead"));
    await new Promise((resolve) => dead.once("listening", resolve));
    renameSync(join(folder, "dead"), join(folder, "ctl"));
    dead.close();
    t.after(() => {
      for (const one of left) one.vanish();
    });
    const again = await VdeListener.open({ path: folder, mode: undefined, group: undefined }, NOBODY);
    assert.deepEqual(readdirSync(folder).toSorted(), ["ctl", "link", "notes"]);
    again.close();
    assert.ok(existsSync(folder), "it was there before");
  });

  test("of a switch that lives is left alone", async (t) => {
    const vde = await start(t);
    const one = await plug(t, vde, "a");
    await assert.rejects(
      VdeListener.open({ path: vde.folder, mode: undefined, group: undefined }, NOBODY),
      /another process serves '.*ctl'/,
    );
    assert.deepEqual(readdirSync(vde.folder).toSorted(), ["001.data", "ctl"]);
    assert.equal(one.closed, false);
  });

  test("goes when its listener does, and with it whatever hangs on it", async (t) => {
    const vde = await start(t);
    const one = await plug(t, vde, "a");
    vde.listener.close();
    await eventually(() => one.closed, "the end of the connection");
    assert.equal(existsSync(vde.folder), false);
  });

  test("without a folder to be in is refused", async () => {
    await assert.rejects(
      VdeListener.open({ path: "/proc/nowhere/vde", mode: undefined, group: undefined }, NOBODY),
      /cannot make the folder '\/proc\/nowhere\/vde' \(ENOENT\)/,
    );
  });
});

const NOBODY = { room: () => false, accept: () => undefined, failed: () => undefined };

test("a client is sent to a socket of its own user only", {
  skip: process.getuid?.() !== 0 && "not root",
}, async (t) => {
  const vde = await start(t, { mode: 0o666 });
  chmodSync(vde.root, 0o755);
  const theirs = join(vde.root, "theirs");
  const path = join(vde.root, "a");
  const client = DatagramPeer.bind(theirs);
  t.after(() => client.vanish());
  chownSync(theirs, 65_534, 65_534);
  // Root may.
  const peer = await VdePeer.connect(vde.folder, path);
  t.after(() => peer.vanish());
  peer.control.write(vdeRequest(theirs));
  await eventually(() => peer.answer.length === 110, "an answer");
  assert.equal(vde.failures.length, 0);
});
