import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_RECORD } from "../../src/frame/record.js";
import { BUSY_BYTES, IDLE_BYTES, ReceiveBuffer } from "../../src/link/receive-buffer.js";
import { check } from "../support/generated.js";

/** As a read would: fills the room from `source` at `at` and answers how many bytes went in. */
function read(buffer: ReceiveBuffer, source: Buffer, at = 0): number {
  const count = Math.min(buffer.room.length, source.length - at);
  buffer.room.set(source.subarray(at, at + count));
  buffer.filled(count);
  return count;
}

function fill(buffer: ReceiveBuffer): void {
  read(buffer, Buffer.alloc(buffer.room.length, 1));
}

test("an idle connection holds a few KiB", () => {
  assert.equal(new ReceiveBuffer().bytes.length, IDLE_BYTES);
});

test("grows when a read fills it", () => {
  const buffer = new ReceiveBuffer();
  fill(buffer);
  buffer.consume(IDLE_BYTES, 0);
  assert.equal(buffer.bytes.length, BUSY_BYTES);
  assert.equal(buffer.length, 0);
});

test("grows when the record that has begun is longer than it", () => {
  const buffer = new ReceiveBuffer();
  read(buffer, Buffer.from("abcd"));
  buffer.consume(0, IDLE_BYTES + 1);
  assert.equal(buffer.bytes.length, BUSY_BYTES);
  assert.equal(buffer.bytes.toString("latin1", 0, buffer.length), "abcd");
});

test("stays as it is while reads are large now and then", () => {
  const buffer = new ReceiveBuffer();
  fill(buffer);
  buffer.consume(IDLE_BYTES, 0);
  for (let reads = 0; reads < 500; reads++) {
    const length = reads % 60 === 0 ? IDLE_BYTES : 100;
    buffer.consume(read(buffer, Buffer.alloc(length)), 0);
    assert.equal(buffer.bytes.length, BUSY_BYTES);
  }
});

test("shrinks after many small reads", () => {
  const buffer = new ReceiveBuffer();
  fill(buffer);
  buffer.consume(IDLE_BYTES, 0);
  let reads = 0;
  for (; buffer.bytes.length > IDLE_BYTES; reads++) {
    assert.ok(reads < 1_000, "it never shrinks");
    buffer.consume(read(buffer, Buffer.alloc(100)), 0);
  }
  assert.ok(reads > 16, `shrank after ${reads} reads`);
});

test("does not shrink below what is left in it", () => {
  const buffer = new ReceiveBuffer();
  fill(buffer);
  buffer.consume(IDLE_BYTES, 0);
  for (let reads = 0; reads < 200; reads++) buffer.consume(read(buffer, Buffer.alloc(100)), 0);
  const long = Buffer.alloc(IDLE_BYTES, 9);
  buffer.consume(0, long.length + 1);
  read(buffer, long);
  buffer.consume(0, long.length + 1);
  assert.ok(buffer.room.length > 0);
  assert.deepEqual(buffer.bytes.subarray(0, buffer.length), long);
});

test("fills the same memory again, and moves what has begun to its front", () => {
  const buffer = new ReceiveBuffer();
  const { bytes } = buffer;
  for (let reads = 0; reads < 100; reads++) {
    read(buffer, Buffer.from("oldTail"));
    buffer.consume(3, 0);
    assert.equal(buffer.bytes, bytes);
    assert.equal(bytes.toString("latin1", 0, buffer.length), "Tail");
    buffer.consume(4, 0);
  }
});

test("generated: gives back every byte in order, whatever is consumed when, and always has room", () => {
  const source = Buffer.from(Array.from({ length: 200_000 }, (_, at) => (at * 31 + (at >>> 8)) & 0xff));
  const step = fc.record({
    take: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 90_000 })),
    left: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 50 }),
      fc.integer({ min: 0, max: MAX_RECORD - 1 }),
    ),
  });
  check(
    fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
      const buffer = new ReceiveBuffer();
      let written = 0;
      let consumed = 0;
      for (const { take, left } of steps) {
        const count = read(buffer, source.subarray(0, Math.min(source.length, written + take)), written);
        written += count;
        assert.equal(buffer.bytes.compare(source, consumed, written, 0, buffer.length), 0);
        // A reader leaves at most one unfinished record, and says how long that will be.
        const rest = Math.min(left, buffer.length);
        const end = buffer.length - rest;
        buffer.consume(end, rest >= 4 ? MAX_RECORD : 0);
        consumed += end;
        assert.equal(buffer.length, rest);
        assert.ok(buffer.room.length > 0 && buffer.bytes.length <= BUSY_BYTES);
      }
    }),
  );
});
