import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { test } from "node:test";
import { openUdp } from "../../src/link/udp.js";
import { native } from "../../src/native/native.js";
import { ipAddress } from "../../src/native/socket-address.js";
import { linkContract } from "../contracts/link.contract.js";
import { eventually } from "../support/clock.js";
import { DatagramPeer } from "../support/datagram-peer.js";
import { frame, records } from "../support/peers.js";

const HOST = "127.0.0.1";

function bound(socket: Socket, port = 0): Promise<number> {
  return new Promise((resolve) => socket.bind(port, HOST, () => resolve(socket.address().port)));
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  const port = await bound(socket);
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

linkContract("udp", {
  sizes: [14, 59, 60, 1_514, 9_014, 65_507],
  vanishesUnnoticed: true,
  make: async () => {
    const [near, far] = [await freePort(), await freePort()];
    const peer = new DatagramPeer(native().openDatagram(ipAddress(HOST, far)));
    peer.sendTo(ipAddress(HOST, near));
    return {
      link: openUdp({ host: HOST, port: near }, { host: HOST, port: far }),
      close: () => peer.vanish(),
      far: {
        send: (frames) => peer.send(...frames),
        frames: () => peer.frames,
        vanish: () => peer.vanish(),
      },
    };
  },
});

test("frames to a UDP peer that is not there are lost and counted, until it is", async (t) => {
  const port = await freePort();
  const link = openUdp({ host: HOST, port: await freePort() }, { host: HOST, port });
  t.after(() => link.close());
  let lost = 0;
  const closes: unknown[] = [];
  link.start({
    batch: () => undefined,
    drain: () => undefined,
    dropped: (_, count) => {
      lost += count;
    },
    close: (error) => closes.push(error),
  });
  const bytes = records(frame(), frame(), frame());
  await eventually(() => {
    link.send(bytes, 0, bytes.length);
    return lost > 0;
  }, "a loss");
  const peer = createSocket("udp4");
  t.after(() => peer.close());
  let came = 0;
  peer.on("message", () => came++);
  await bound(peer, port);
  await eventually(() => {
    link.send(bytes, 0, bytes.length);
    return came > 3;
  }, "frames");
  assert.deepEqual(closes, []);
});

test("UDP datagrams of others than the peer are none of ours", async (t) => {
  const [ours, theirs] = [await freePort(), createSocket("udp4")];
  const stranger = createSocket("udp4");
  t.after(() => [theirs, stranger].map((socket) => socket.close()));
  const link = openUdp({ host: HOST, port: ours }, { host: HOST, port: await bound(theirs) });
  t.after(() => link.close());
  await bound(stranger);
  let came = 0;
  link.start({
    batch: () => came++,
    drain: () => undefined,
    dropped: () => undefined,
    close: () => undefined,
  });
  await new Promise((resolve) => stranger.send(frame(), ours, HOST, resolve));
  await new Promise((resolve) => theirs.send(frame(), ours, HOST, resolve));
  await eventually(() => came > 0, "the peer's frame");
  assert.equal(came, 1);
});

test("a UDP address that is taken, or is not this machine's, is refused", async (t) => {
  const taken = createSocket("udp4");
  t.after(() => taken.close());
  const port = await bound(taken);
  const far = { host: HOST, port: 9 };
  assert.throws(() => openUdp({ host: HOST, port }, far), { code: "in-use" });
  assert.throws(() => openUdp({ host: "192.0.2.1", port }, far), { code: "usage" });
});
