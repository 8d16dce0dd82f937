import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RecordFifo } from "../../src/switch/record-fifo.js";
import { Choices, scripts } from "../support/choices.js";
import { noise, record, recordsOf } from "../support/frames-offload.js";
import { check } from "../support/generated.js";

/** What the fifo has chosen to send. */
function chosen(fifo: RecordFifo): Buffer {
  return fifo.sliceBytes.subarray(fifo.sliceStart, fifo.sliceEnd);
}

function put(fifo: RecordFifo, bytes: Buffer): boolean {
  return fifo.append(bytes, 0, bytes.length);
}

test("holds no memory until something waits", () => {
  const fifo = new RecordFifo(100);
  assert.equal(fifo.capacity, 0);
  assert.ok(!fifo.slice(100));
  put(fifo, record(0, noise(20, 1)));
  assert.ok(fifo.capacity > 0);
});

test("takes records up to its limit, whatever has been sent meanwhile", () => {
  const fifo = new RecordFifo(100);
  const [first, second] = [record(0, noise(56, 1)), record(0, noise(36, 2))];
  assert.ok(put(fifo, first));
  assert.ok(put(fifo, second));
  assert.ok(!put(fifo, record(0, noise(14, 3))));
  assert.equal(fifo.bytes, 100);
  assert.ok(fifo.slice(60));
  assert.ok(!put(fifo, second), "what is only chosen still waits");
  fifo.taken();
  assert.ok(put(fifo, first));
  assert.equal(fifo.bytes, 100);
});

test("slices at the ends of records, and gives one that is longer than the slice alone", () => {
  const fifo = new RecordFifo(10_000);
  const records = [100, 100, 2_000, 100].map((length, index) => record(0, noise(length, index)));
  put(fifo, Buffer.concat(records));
  const slices: number[] = [];
  while (fifo.slice(250)) {
    slices.push(chosen(fifo).length);
    fifo.taken();
  }
  assert.deepEqual(slices, [208, 2_004, 104]);
});

test("leaves what was given out alone until the next slice, also when its memory is given back", () => {
  const fifo = new RecordFifo(1_000_000);
  const first = record(0, noise(1_000, 1));
  put(fifo, first);
  fifo.slice(2_000);
  const lent = chosen(fifo);
  fifo.taken();
  for (let index = 0; index < 50; index++) put(fifo, record(0, noise(1_000, index)));
  fifo.release();
  assert.ok(lent.equals(first));
});

test("gives its memory back only when nothing waits", () => {
  const fifo = new RecordFifo(1_000);
  put(fifo, record(0, noise(60, 1)));
  fifo.release();
  assert.equal(fifo.bytes, 64);
  fifo.slice(1_000);
  fifo.taken();
  fifo.release();
  assert.equal(fifo.capacity, 0);
  assert.ok(put(fifo, record(0, noise(60, 2))));
});

test("generated appends and slices come out as they went in, and the memory stays bounded", () => {
  check(
    fc.property(scripts(80), (script) => {
      const choices = Choices.from(script);
      const fifo = new RecordFifo(20_000);
      const waiting: Buffer[] = [];
      while (!choices.spent) {
        if (choices.onceIn(3)) takeSlice(fifo, waiting, choices);
        else {
          const one = record(0, noise(14 + choices.below(choices.of(100, 3_000)), waiting.length));
          if (put(fifo, one)) waiting.push(one);
        }
        const bytes = waiting.reduce((sum, one) => sum + one.length, 0);
        assert.equal(fifo.bytes, bytes);
        assert.ok(fifo.bytes <= 20_000 && fifo.capacity <= 2 * 32_768);
      }
    }),
  );
});

function takeSlice(fifo: RecordFifo, waiting: Buffer[], choices: Choices): void {
  const most = 1 + choices.below(8_000);
  assert.equal(fifo.slice(most), waiting.length > 0);
  if (waiting.length === 0 || choices.onceIn(3)) return; // the link was full
  const slice = chosen(fifo);
  const count = recordsOf(slice).length;
  assert.ok(slice.equals(Buffer.concat(waiting.splice(0, count))));
  assert.ok(slice.length <= most || count === 1);
  fifo.taken();
}
