/** Unix datagrams beyond what all links promise: who gets a port, what is swallowed, who is gone. */
import assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { DropReason } from "../../src/frame/drop-reason.js";
import type { Link } from "../../src/link/link.js";
import { openUnixgram } from "../../src/link/unixgram.js";
import { UnixgramListener } from "../../src/link/unixgram-listener.js";
import { native } from "../../src/native/native.js";
import { unixAddress } from "../../src/native/socket-address.js";
import { eventually, quiet } from "../support/clock.js";
import { DatagramPeer } from "../support/datagram-peer.js";
import { frame, mac, record, records, split } from "../support/peers.js";
import { temporaryFolder } from "../support/server.js";

interface Port {
  readonly link: Link;
  readonly frames: Buffer[];
  readonly lost: Partial<Record<DropReason, number>>;
  closed: boolean;
}

/** Starts a link and keeps what it says. */
function started(link: Link): Port {
  const port: Port = { link, frames: [], lost: {}, closed: false };
  link.start({
    batch: ({ bytes, start, end }) =>
      void port.frames.push(...split(bytes.subarray(start, end)).records.map(({ payload }) => payload)),
    drain: () => undefined,
    dropped: (reason, count) => {
      port.lost[reason] = (port.lost[reason] ?? 0) + count;
    },
    close: () => {
      port.closed = true;
    },
  });
  return port;
}

async function listen(t: TestContext, room: () => boolean = () => true) {
  const folder = temporaryFolder(t);
  const path = join(folder, "vms");
  const ports: Port[] = [];
  const accept = (link: Link): void => void ports.push(started(link));
  const listener = await UnixgramListener.open({ path, mode: 0o660, group: undefined }, { room, accept });
  t.after(() => listener.close());
  const peer = (name: string): DatagramPeer => {
    const made = DatagramPeer.bind(join(folder, name));
    made.sendTo(unixAddress(path));
    t.after(() => made.vanish());
    return made;
  };
  return { folder, path, ports, listener, peer };
}

/** Sends bytes as they are, frame or none. */
function sendDatagram(path: string, from: DatagramPeer, bytes: Buffer): void {
  assert.equal(from.connect(path), 0);
  assert.equal(native().sendBytes(from.fd, bytes, 0, bytes.length), bytes.length);
}

describe("a listening path", () => {
  test("gives each peer a port, by its own path, with all frames that it came with", async (t) => {
    const { ports, peer, path } = await listen(t);
    const [a, b] = [peer("a"), peer("b")];
    for (let salt = 0; salt < 40; salt++) (salt % 3 === 0 ? a : b).send(frame({ salt }));
    await eventually(() => ports.reduce((sum, { frames }) => sum + frames.length, 0) === 40, "the frames");
    assert.deepEqual(ports.map(({ link }) => link.peer.split("/").at(-1)).toSorted(), ["a", "b"]);
    const ofA = ports.find(({ link }) => link.peer.endsWith("a"))!;
    assert.deepEqual(
      ofA.frames,
      [...Array(14).keys()].map((index) => frame({ salt: index * 3 })),
    );
    assert.equal(statSync(path).mode & 0o777, 0o660);
  });

  test("answers each of them alone", async (t) => {
    const { ports, peer } = await listen(t);
    const [a, b] = [peer("a"), peer("b")];
    a.send(frame());
    b.send(frame());
    await eventually(() => ports.length === 2, "the ports");
    for (const { link } of ports) {
      const bytes = records(frame({ from: mac(link.peer.endsWith("a") ? 10 : 11) }));
      assert.equal(link.send(bytes, 0, bytes.length), "done");
    }
    await eventually(() => a.frames.length + b.frames.length === 2, "the frames");
    assert.deepEqual([a.frames, b.frames], [[frame({ from: mac(10) })], [frame({ from: mac(11) })]]);
  });

  test("one peer that does not read keeps no other from its frames", async (t) => {
    const { ports, peer } = await listen(t);
    const [a, b] = [peer("a"), peer("b")];
    a.stall(true);
    a.send(frame());
    b.send(frame());
    await eventually(() => ports.length === 2, "the ports");
    const linkOf = (name: string): Link => ports.find(({ link }) => link.peer.endsWith(name))!.link;
    const bytes = records(frame({ length: 1_514 }));
    let taken = 0;
    while (taken < 10_000 && linkOf("a").send(bytes, 0, bytes.length) === "done") taken++;
    assert.ok(taken < 10_000, "it takes nothing");
    for (let sent = 0; sent < 300; ) {
      if (linkOf("b").send(bytes, 0, bytes.length) === "done") sent++;
      else await quiet(1);
    }
    await eventually(() => b.frames.length === 300, "its frames");
  });

  test("swallows vfkit's four bytes, and takes whoever says them for a peer", async (t) => {
    const { ports, peer, path } = await listen(t);
    const a = peer("a");
    const state = Buffer.from("VFKT");
    sendDatagram(path, a, state);
    await eventually(() => ports.length === 1, "the port");
    a.send(frame());
    await eventually(() => ports[0]!.frames.length === 1, "the frame");
    assert.deepEqual(ports[0]!.frames, [frame()]);
  });

  test("has nothing for who is bound to no path, and goes on", async (t) => {
    const { ports, peer, path } = await listen(t);
    const fd = native().openDatagram(unixAddress(""));
    const nobody = new DatagramPeer(fd);
    t.after(() => nobody.vanish());
    nobody.sendTo(unixAddress(path));
    nobody.send(frame());
    peer("a").send(frame());
    await eventually(() => ports.length === 1, "the port");
    assert.match(ports[0]!.link.peer, /a$/);
  });

  test("asks whether there is room for each, and never for who is there", async (t) => {
    let asked = 0;
    const { ports, peer } = await listen(t, () => ++asked === 1);
    const [a, b] = [peer("a"), peer("b")];
    for (let salt = 0; salt < 3; salt++) {
      a.send(frame({ salt }));
      await eventually(() => ports[0]?.frames.length === salt + 1, "the frame");
    }
    assert.equal(asked, 1);
    b.send(frame());
    await eventually(() => asked === 2, "the question");
    assert.equal(ports.length, 1);
  });

  test("knows a peer again that was started anew at the same path", async (t) => {
    const { ports, peer } = await listen(t);
    const before = peer("a");
    before.send(frame());
    await eventually(() => ports.length === 1, "the port");
    before.vanish();
    const after = peer("a");
    const bytes = records(frame({ salt: 5 }));
    await eventually(() => {
      ports[0]!.link.send(bytes, 0, bytes.length);
      return after.frames.length > 0;
    }, "a frame");
    after.send(frame({ salt: 6 }));
    await eventually(() => ports[0]!.frames.length === 2, "a frame back");
    assert.deepEqual([ports.length, ports[0]!.closed], [1, false]);
  });

  test("gives its path back, and takes one over that a crash has left", async (t) => {
    const { listener, path, ports, peer } = await listen(t);
    peer("a").send(frame());
    await eventually(() => ports.length === 1, "the port");
    const at = { path, mode: undefined, group: undefined };
    const events = { room: () => true, accept: () => undefined };
    await assert.rejects(UnixgramListener.open(at, events), { code: "in-use" });
    listener.close();
    await eventually(() => ports[0]!.closed, "the end of the port");
    assert.equal(existsSync(path), false);
    native().closeSocket(native().openDatagram(unixAddress(path)));
    (await UnixgramListener.open(at, events)).close();
    writeFileSync(path, "");
    await assert.rejects(UnixgramListener.open(at, events), /exists and is no socket/);
  });
});

describe("an attached path", () => {
  test("is no link before somebody is there, and leaves nothing behind", async (t) => {
    const folder = temporaryFolder(t);
    const local = { path: join(folder, "ours"), mode: undefined, group: undefined };
    const open = () => openUnixgram({ path: join(folder, "vm"), local });
    await assert.rejects(open(), { code: "unreachable", message: /nobody takes datagrams at .* \(ENOENT\)/ });
    assert.equal(existsSync(local.path), false);
  });

  test("never sends an empty datagram, nor what is no finished frame", async (t) => {
    const folder = temporaryFolder(t);
    const peer = DatagramPeer.bind(join(folder, "vm"));
    t.after(() => peer.vanish());
    const local = { path: join(folder, "ours"), mode: undefined, group: undefined };
    const port = started(await openUnixgram({ path: join(folder, "vm"), local }));
    t.after(() => port.link.close());
    const wrong = [record(0, Buffer.alloc(13)), record(1, Buffer.alloc(30)), record(2, Buffer.from("{}"))];
    const bytes = Buffer.concat([record(0, Buffer.alloc(0)), ...wrong, records(frame())]);
    port.link.send(bytes, 0, bytes.length);
    await eventually(() => peer.frames.length === 1, "the frame");
    assert.deepEqual([peer.frames, port.lost], [[frame()], { malformed: 4 }]);
  });

  test("counts what comes in and is no frame, or too long", async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, "vm");
    const peer = DatagramPeer.bind(path);
    t.after(() => peer.vanish());
    const local = { path: join(folder, "ours"), mode: undefined, group: undefined };
    const port = started(await openUnixgram({ path, local }));
    t.after(() => port.link.close());
    sendDatagram(local.path, peer, Buffer.alloc(13));
    sendDatagram(local.path, peer, Buffer.alloc(69_633));
    sendDatagram(local.path, peer, Buffer.alloc(0));
    sendDatagram(local.path, peer, frame());
    await eventually(() => port.frames.length === 1, "the frame");
    assert.deepEqual(port.lost, { malformed: 1, oversize: 1 });
  });
});
