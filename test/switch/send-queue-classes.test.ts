import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SendQueue, SHARES, WEIGHTS } from "../../src/switch/send-queue.js";
import { Choices, scripts } from "../support/choices.js";
import { BROADCAST, frame, macOf } from "../support/frames.js";
import { record, recordsOf } from "../support/frames-offload.js";
import { check } from "../support/generated.js";

/** A priority of each class. */
const PRIORITIES = [1, 0, 5, 7];
const CLASSES = [0, 1, 2, 3];

/** The record of a frame of this host's flow, marked with a class. */
function of(host: number, mark: number, size = 1_500): Buffer {
  return record(0, frame({ to: BROADCAST, from: macOf(host), vlan: 5, priority: PRIORITIES[mark]! }, size));
}

function put(queue: SendQueue, one: Buffer): boolean {
  return queue.appendRecord(one, 0, one.length);
}

/** Takes the next slice; answers its frames. */
function take(queue: SendQueue): Buffer[] {
  if (!queue.choose()) return [];
  const { sliceBytes, sliceStart, sliceEnd } = queue.chosen;
  const frames = recordsOf(sliceBytes.subarray(sliceStart, sliceEnd)).map(({ payload }) =>
    Buffer.from(payload),
  );
  queue.taken();
  return frames;
}

function markOf(one: Buffer): number {
  return PRIORITIES.indexOf(one.readUInt16BE(14) >>> 13);
}

/** Fills the queue with bulk of one flow in this class. */
function fill(queue: SendQueue, mark: number, count: number): void {
  for (let index = 0; index < count; index++) put(queue, of(mark, mark, 9_000));
}

test("what is urgent goes first, whatever else waits", () => {
  const queue = new SendQueue(1_000_000);
  for (const mark of CLASSES) fill(queue, mark, 10);
  const order: number[] = [];
  for (let taken = take(queue); taken.length > 0; taken = take(queue)) order.push(...taken.map(markOf));
  assert.deepEqual(order.slice(0, 10), Array(10).fill(3));
  assert.equal(order.length, 40);
});

test("the other classes share the link by their weights while all of them wait", () => {
  const queue = new SendQueue(10_000_000);
  for (const mark of [0, 1, 2]) fill(queue, mark, 300);
  const bytes = [0, 0, 0, 0];
  for (let slices = 0; slices < 78; slices++)
    for (const one of take(queue)) bytes[markOf(one)]! += one.length;
  const unit = bytes[0]! / WEIGHTS[0];
  for (const mark of [1, 2]) {
    const share = bytes[mark]! / WEIGHTS[mark]! / unit;
    assert.ok(share > 0.8 && share < 1.25, `class ${mark}: ${share} of its part`);
  }
});

test("a class that was away is owed nothing for it", () => {
  const queue = new SendQueue(10_000_000);
  fill(queue, 0, 1);
  fill(queue, 1, 200);
  for (let slices = 0; slices < 8; slices++) take(queue);
  fill(queue, 0, 100);
  const next = [take(queue), take(queue), take(queue), take(queue), take(queue)].map((one) =>
    markOf(one[0]!),
  );
  assert.ok(next.filter((mark) => mark === 0).length <= 2, next.join());
});

test("bulk leaves room for what is more urgent, and all of it is bounded", () => {
  for (const mark of CLASSES) {
    const queue = new SendQueue(200_000);
    for (let count = 0; count < 100; count++) put(queue, of(1, mark, 9_000));
    assert.ok(queue.bytes <= 200_000 * SHARES[mark]!, `class ${mark}: ${queue.bytes}`);
    assert.ok(queue.bytes > 200_000 * SHARES[mark]! - 10_000);
  }
  const queue = new SendQueue(200_000);
  fill(queue, 1, 100);
  assert.ok(put(queue, of(9, 3, 9_000)), "there is room for voice behind a full queue of bulk");
  assert.ok(!put(queue, of(9, 0, 9_000)));
});

test("a small frame of a flow that does not wait overtakes bulk in its own class", () => {
  const queue = new SendQueue(1_000_000);
  fill(queue, 2, 5);
  const ping = of(77, 2, 100);
  put(queue, ping);
  assert.deepEqual(take(queue), [ping.subarray(4)]);
});

test("an urgent frame stays behind frames whose flow nobody has looked at", () => {
  const queue = new SendQueue(1_000_000);
  const [first, second] = [of(1, 3), of(1, 3)];
  queue.appendRun(first, 0, first.length);
  put(queue, second);
  assert.deepEqual([...take(queue), ...take(queue)], [first.subarray(4), second.subarray(4)]);
});

test("is as small as before when nothing waits", () => {
  const queue = new SendQueue(1_000_000);
  for (const mark of CLASSES) fill(queue, mark, 3);
  while (take(queue).length > 0);
  queue.release();
  assert.equal(queue.capacity, 0);
});

test("generated frames of all classes keep the order of flow and class, and each that was taken leaves once", () => {
  check(
    fc.property(scripts(80), (script) => {
      const choices = Choices.from(script);
      const queue = new SendQueue(20_000);
      const waiting = new Map<string, Buffer[]>();
      while (!choices.spent) {
        if (choices.onceIn(4)) takeInOrder(queue, waiting);
        else append(queue, waiting, choices);
        assert.ok(queue.bytes <= 20_000 * 1.25 + 4 * 65_536);
      }
      while (queue.bytes > 0) takeInOrder(queue, waiting);
      for (const [flow, left] of waiting) assert.equal(left.length, 0, flow);
    }),
  );
});

function keyOf(one: Buffer): string {
  return `${one[11]} ${markOf(one)}`;
}

function append(queue: SendQueue, waiting: Map<string, Buffer[]>, choices: Choices): void {
  const one = of(choices.below(4), choices.below(4), choices.of(60, 60, 1_514, 3_000));
  const taken = choices.onceIn(6) ? queue.appendRun(one, 0, one.length) : put(queue, one);
  const key = keyOf(one.subarray(4));
  if (taken) waiting.set(key, [...(waiting.get(key) ?? []), one.subarray(4)]);
}

function takeInOrder(queue: SendQueue, waiting: Map<string, Buffer[]>): void {
  for (const one of take(queue))
    assert.ok(waiting.get(keyOf(one))?.shift()?.equals(one), "a frame out of order");
}
