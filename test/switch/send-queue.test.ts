import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SendQueue } from "../../src/switch/send-queue.js";
import { Choices, scripts } from "../support/choices.js";
import { BROADCAST, frame, macOf } from "../support/frames.js";
import { record, recordsOf } from "../support/frames-offload.js";
import { check } from "../support/generated.js";

/** The record of a frame of this host's flow. */
function of(host: number, size = 60): Buffer {
  return record(0, frame({ to: BROADCAST, from: macOf(host) }, size));
}

function put(queue: SendQueue, one: Buffer): boolean {
  return queue.appendRecord(one, 0, one.length);
}

/** Takes the next slice; answers its records' hosts. */
function take(queue: SendQueue): number[] {
  if (!queue.choose()) return [];
  const { sliceBytes, sliceStart, sliceEnd } = queue.chosen;
  const hosts = recordsOf(sliceBytes.subarray(sliceStart, sliceEnd)).map(({ payload }) => payload[11]!);
  queue.taken();
  return hosts;
}

test("lets a small frame of another flow overtake bulk", () => {
  const queue = new SendQueue(1_000_000);
  for (let count = 0; count < 3; count++) put(queue, of(1, 9_000));
  put(queue, of(2));
  assert.deepEqual(take(queue), [2]);
  assert.deepEqual(take(queue), [1, 1, 1]);
  assert.deepEqual(take(queue), []);
});

test("lets no frame overtake one of its own flow", () => {
  const queue = new SendQueue(1_000_000);
  put(queue, of(1, 9_000));
  put(queue, of(1));
  assert.deepEqual(take(queue), [1, 1]);
});

test("lets no long frame overtake", () => {
  const queue = new SendQueue(1_000_000);
  put(queue, of(1, 9_000));
  put(queue, of(2, 9_000));
  assert.deepEqual(take(queue), [1, 2]);
});

test("lets nothing overtake frames whose flow nobody looked at", () => {
  const queue = new SendQueue(1_000_000);
  const run = Buffer.concat([of(1), of(2)]);
  assert.ok(queue.appendRun(run, 0, run.length));
  put(queue, of(2));
  put(queue, of(3));
  assert.deepEqual(take(queue), [1, 2, 2, 3]);
});

test("lets a flow overtake again once its bulk has gone", () => {
  const queue = new SendQueue(1_000_000);
  put(queue, of(1, 9_000));
  take(queue);
  put(queue, of(2, 9_000));
  put(queue, of(1));
  assert.deepEqual(take(queue), [1]);
});

test("gives the link no more at once than can be waited for", () => {
  const queue = new SendQueue(1_000_000);
  for (let count = 0; count < 20; count++) put(queue, of(1, 60_000));
  queue.choose();
  assert.ok(queue.chosen.sliceEnd - queue.chosen.sliceStart <= 131_072);
});

test("is bounded for bulk and for what overtakes", () => {
  const queue = new SendQueue(100_000);
  for (let host = 0; host < 5_000; host++) {
    put(queue, of(host & 0xff, 9_000));
    put(queue, of(host & 0xff));
  }
  assert.ok(queue.bytes <= 100_000 + 65_536, `${queue.bytes} bytes wait`);
});

test("gives all memory back when nothing waits", () => {
  const queue = new SendQueue(100_000);
  put(queue, of(1, 9_000));
  put(queue, of(2));
  queue.release();
  assert.ok(queue.capacity > 0);
  while (queue.choose()) queue.taken();
  queue.release();
  assert.equal(queue.capacity, 0);
});

test("generated frames keep the order of their flows, and each that was taken leaves once", () => {
  check(
    fc.property(scripts(100), (script) => {
      const choices = Choices.from(script);
      const queue = new SendQueue(20_000);
      const waiting = new Map<number, Buffer[]>();
      while (!choices.spent) {
        if (choices.onceIn(4)) takeInOrder(queue, waiting, choices.onceIn(3));
        else append(queue, waiting, choices);
      }
      while (queue.choose()) takeInOrder(queue, waiting, false);
      assert.equal(queue.bytes, 0);
      for (const [host, left] of waiting) assert.equal(left.length, 0, `flow ${host}`);
    }),
  );
});

function append(queue: SendQueue, waiting: Map<number, Buffer[]>, choices: Choices): void {
  const host = choices.below(4);
  const one = of(host, choices.of(60, 60, 1_514, 3_000));
  const taken = choices.onceIn(5) ? queue.appendRun(one, 0, one.length) : put(queue, one);
  if (taken) waiting.set(host, [...(waiting.get(host) ?? []), one.subarray(4)]);
}

/** The next slice's frames are each the first that waits of its flow; `full` says that the link refused it. */
function takeInOrder(queue: SendQueue, waiting: Map<number, Buffer[]>, full: boolean): void {
  if (!queue.choose() || full) return;
  const { sliceBytes, sliceStart, sliceEnd } = queue.chosen;
  for (const { payload } of recordsOf(sliceBytes.subarray(sliceStart, sliceEnd))) {
    assert.ok(waiting.get(payload[11]!)?.shift()?.equals(payload), "a frame out of order");
  }
  queue.taken();
}
