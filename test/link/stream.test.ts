import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { TapswitchError } from "../../src/errors.js";
import { BUSY_BYTES, IDLE_BYTES } from "../../src/link/receive-buffer.js";
import { eventually, quiet } from "../support/clock.js";
import { frame, message, record, records, split } from "../support/peers.js";
import { fedLink, streamUnderTest } from "../support/server.js";

function faultOf(closes: readonly (Error | undefined)[]): string {
  const error = closes[0];
  assert.ok(error instanceof TapswitchError, `${error}`);
  return `${error.code}: ${error.message}`;
}

describe("reading", () => {
  test("hands frames and messages on in the order in which they came", () => {
    const { socket, got } = fedLink();
    const all = [records(frame({ salt: 1 })), message("{}"), message("[]"), records(frame({ salt: 2 }))];
    socket.feed(Buffer.concat(all));
    assert.deepEqual(got, split(Buffer.concat(all)).records);
  });

  test("puts records together that arrive byte by byte", () => {
    const { socket, got } = fedLink();
    const bytes = Buffer.concat([records(frame({ length: 14 }), frame({ length: 90 })), message("{}")]);
    for (const byte of bytes) socket.feed(Uint8Array.of(byte));
    assert.deepEqual(got, split(bytes).records);
  });

  test("takes records of 64 KiB that straddle every read", () => {
    const { socket, got } = fedLink();
    const sent = Array.from({ length: 20 }, (_, salt) => frame({ length: 65_535 + salt, salt }));
    const bytes = records(...sent);
    for (let at = 0; at < bytes.length; at += 16_384) socket.feed(bytes.subarray(at, at + 16_384));
    assert.deepEqual(
      got.map(({ payload }) => payload),
      sent,
    );
  });

  test("takes the longest record of each kind", () => {
    const { socket, got, closes } = fedLink();
    const longest = [
      record(0, Buffer.alloc(69_632)),
      record(1, Buffer.alloc(69_642)),
      message("x".repeat(16_384)),
    ];
    socket.feed(Buffer.concat(longest));
    assert.deepEqual(
      got.map(({ payload }) => payload.length),
      [69_632, 69_642, 16_384],
    );
    assert.deepEqual(closes, []);
  });

  test("reads into the same memory again once a batch's receiver has returned", () => {
    const memory = new Set<ArrayBufferLike>();
    const { socket, got } = fedLink({}, (bytes) => void memory.add(bytes.buffer));
    const bytes = records(...Array.from({ length: 2_000 }, (_, salt) => frame({ length: 700, salt })));
    for (let at = 0; at < bytes.length; at += 10_000) socket.feed(bytes.subarray(at, at + 10_000));
    assert.deepEqual(got, split(bytes).records);
    assert.equal(memory.size, 2, "the small one, and the one that it grew to");
  });

  test("reads into a few KiB while idle, into much more under load, and into little again", () => {
    const { socket } = fedLink();
    assert.ok(socket.room <= IDLE_BYTES);
    socket.feed(records(...Array.from({ length: 100 }, () => frame({ length: 1_514 }))));
    assert.equal(socket.room, BUSY_BYTES);
    for (let reads = 0; reads < 100; reads++) socket.feed(records(frame()));
    assert.ok(socket.room <= IDLE_BYTES);
  });

  for (const carrier of ["tcp", "unix"] as const) {
    test(`a ${carrier} peer's many large frames arrive whole`, async (t) => {
      const { link, peer, close } = await streamUnderTest(carrier, "accepted");
      t.after(close);
      const frames: Buffer[] = [];
      link.start({
        batch: ({ bytes, start, end }) => {
          frames.push(...split(bytes.subarray(start, end)).records.map(({ payload }) => payload));
        },
        drain: () => undefined,
        dropped: () => undefined,
        close: () => undefined,
      });
      const sent = Array.from({ length: 300 }, (_, salt) =>
        frame({ length: 14 + ((salt * 9_973) % 69_000), salt }),
      );
      peer.send(...sent);
      await eventually(
        () => frames.length === sent.length,
        () => `${sent.length} frames, not ${frames.length}`,
      );
      assert.deepEqual(frames, sent);
    });
  }
});

describe("faults", () => {
  const faults: [string, Buffer, RegExp][] = [
    ["a record of length 0", Buffer.from([0, 0, 0, 0]), /^protocol: .*length 0/],
    ["a message of length 0", Buffer.from([2, 0, 0, 0]), /^protocol: .*length 0/],
    ["a kind out of range", Buffer.from([3, 0, 0, 60]), /^protocol: .*unknown kind/],
    ["garbage", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), /^protocol: .*unknown kind/],
    ["a TLS client's greeting", Buffer.from("16030100c8010000c4", "hex"), /^protocol: .*unknown kind/],
    ["a frame of 13 bytes", record(0, Buffer.alloc(13)), /^protocol: .*fewer than 14/],
    ["an offload record without a whole frame", record(1, Buffer.alloc(23)), /^protocol: .*fewer than 14/],
    ["a frame of 69,633 bytes", record(0, Buffer.alloc(69_633)), /^protocol: .*longest/],
    ["an offload record of 69,643 bytes", record(1, Buffer.alloc(69_643)), /^protocol: .*longest/],
    ["a message of 16,385 bytes", message("x".repeat(16_385)), /^protocol: .*longest/],
    ["the longest length there is", Buffer.from([0, 0xff, 0xff, 0xff]), /^protocol: .*longest/],
  ];
  for (const [what, bytes, expected] of faults) {
    test(`${what} ends the connection, after the frames before it`, async () => {
      const { socket, got, closes } = fedLink();
      const before = frame();
      socket.feed(Buffer.concat([records(before), bytes, records(frame({ salt: 9 }))]));
      await turn();
      assert.match(faultOf(closes), expected);
      assert.deepEqual(
        got.map(({ payload }) => payload),
        [before],
      );
      assert.ok(socket.destroyed);
    });
  }

  test("a bad header is seen before its payload has come", async () => {
    const { socket, closes } = fedLink();
    socket.feed(Buffer.from([0, 0xff, 0xff, 0xff]));
    await turn();
    assert.match(faultOf(closes), /longest/);
  });

  test("a session message where only frames may come ends the connection", async (t) => {
    const { link, peer, close } = await streamUnderTest("tcp", "accepted");
    t.after(close);
    const closes: (Error | undefined)[] = [];
    link.start({
      batch: () => undefined,
      drain: () => undefined,
      dropped: () => undefined,
      close: (error) => void closes.push(error),
    });
    peer.say("{}");
    await eventually(() => closes.length === 1, "the close");
    assert.match(faultOf(closes), /^protocol: .*session message/);
  });

  test("a connection that ends in the middle of a record ends with that reason", async (t) => {
    const { link, peer, close } = await streamUnderTest("tcp", "accepted");
    t.after(close);
    const closes: (Error | undefined)[] = [];
    let frames = 0;
    link.start({
      batch: () => {
        frames++;
      },
      drain: () => undefined,
      dropped: () => undefined,
      close: (error) => void closes.push(error),
    });
    peer.socket.end(records(frame()).subarray(0, 40));
    await eventually(() => closes.length === 1, "the close");
    assert.match(faultOf(closes), /^protocol: .*middle of a record/);
    assert.equal(frames, 0);
  });

  test("says to the one who opened it, too, that it has ended, and why", async () => {
    const ended: (Error | undefined)[] = [];
    const { socket } = fedLink({ ended: (error) => void ended.push(error) });
    socket.feed(Buffer.from([9, 9, 9, 9]));
    await turn();
    assert.match(faultOf(ended), /unknown kind/);
    assert.equal(ended.length, 1);
  });

  test("says so even where it was never started", async (t) => {
    const ended: (Error | undefined)[] = [];
    const { peer, link, close } = await streamUnderTest("tcp", "accepted", {
      ended: (error) => void ended.push(error),
    });
    t.after(close);
    link.close();
    await eventually(() => ended.length === 1, "the end");
    peer.destroy();
  });
});

describe("a record that is never finished", () => {
  const limit = 120;

  test("ends the connection after the limit", async () => {
    const { socket, closes } = fedLink({ unfinishedMs: limit });
    socket.feed(records(frame()).subarray(0, 20));
    await quiet(limit / 2);
    assert.deepEqual(closes, []);
    await eventually(() => closes.length === 1, "the end", 5 * limit);
    assert.match(faultOf(closes), /^timeout: .*not finished within 120 ms/);
  });

  test("a byte now and then does not put the end off", async () => {
    const { socket, closes } = fedLink({ unfinishedMs: limit });
    const bytes = records(frame({ length: 9_000 }));
    const since = performance.now();
    for (let at = 0; closes.length === 0; at++) {
      socket.feed(bytes.subarray(at, at + 1));
      await quiet(10);
    }
    assert.match(faultOf(closes), /^timeout/);
    assert.ok(performance.now() - since < 4 * limit);
  });

  test("a stream that always is in the middle of some record goes on", async () => {
    const { socket, got, closes } = fedLink({ unfinishedMs: limit });
    const bytes = records(...Array.from({ length: 60 }, (_, salt) => frame({ salt })));
    const step = 64 + 7;
    for (let at = 0; at < bytes.length; at += step) {
      socket.feed(bytes.subarray(at, at + step));
      await quiet(10);
    }
    assert.deepEqual(closes, []);
    assert.equal(got.length, 60);
  });

  test("silence between records is no reason to end", async () => {
    const { socket, closes } = fedLink({ unfinishedMs: 30 });
    socket.feed(records(frame()));
    await quiet(120);
    assert.deepEqual(closes, []);
  });
});
