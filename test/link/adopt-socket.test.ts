import assert from "node:assert/strict";
import { test } from "node:test";
import { socketFd } from "../../src/link/adopt-socket.js";
import { eventually } from "../support/clock.js";
import { frame, records, split } from "../support/peers.js";
import { streamUnderTest } from "../support/server.js";

const QUIET = { drain: () => undefined, dropped: () => undefined };

for (const carrier of ["tcp", "unix"] as const) {
  test(`reads what had come before a ${carrier} connection was adopted`, async (t) => {
    const { link, peer, close } = await streamUnderTest(carrier, "accepted");
    t.after(close);
    const sent = frame({ length: 1_000 });
    peer.send(sent);
    await new Promise((wake) => setTimeout(wake, 20));
    const frames: Buffer[] = [];
    link.start({
      ...QUIET,
      batch: ({ bytes, start, end }) => {
        frames.push(...split(bytes.subarray(start, end)).records.map(({ payload }) => payload));
      },
      close: () => undefined,
    });
    await eventually(() => frames.length === 1, "the frame");
    assert.deepEqual(frames, [sent]);
  });

  test(`a server's close still completes once its adopted ${carrier} connections have ended`, async (t) => {
    const { link, peer, server, close } = await streamUnderTest(carrier, "accepted");
    t.after(close);
    link.start({ ...QUIET, batch: () => undefined, close: () => undefined });
    let closed = false;
    server.close(() => {
      closed = true;
    });
    const count = await new Promise<number>((resolve) => server.getConnections((_, found) => resolve(found)));
    assert.equal(count, 1);
    await new Promise((wake) => setTimeout(wake, 20));
    assert.equal(closed, false, "one connection is still open");
    peer.destroy();
    await eventually(() => closed, "the server's close");
  });

  test(`an adopted ${carrier} socket has a descriptor until it is closed`, async (t) => {
    const { link, socket, close } = await streamUnderTest(carrier, "accepted");
    t.after(close);
    assert.ok(socketFd(socket) > 2);
    link.close();
    await eventually(() => socket.closed, "the close");
    assert.equal(socketFd(socket), -1);
  });
}

test("an adopted TCP socket knows its far end", async (t) => {
  const { socket, peer, close } = await streamUnderTest("tcp", "accepted");
  t.after(close);
  assert.equal(socket.remotePort, peer.socket.localPort);
  assert.equal(socket.remoteAddress, "127.0.0.1");
});

test("writes through an adopted socket arrive", async (t) => {
  const { link, peer, close } = await streamUnderTest("unix", "accepted");
  t.after(close);
  const sent = frame();
  const bytes = records(sent);
  link.send(bytes, 0, bytes.length);
  assert.deepEqual(await peer.gotFrames(1), [sent]);
});
