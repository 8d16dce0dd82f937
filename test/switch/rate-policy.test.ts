import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameCursor } from "../../src/frame/frame-cursor.js";
import { MIN_BURST_BYTES, RATE_BURST_MS, RatePolicy } from "../../src/switch/rate-policy.js";
import { frame, macOf } from "../support/frames.js";
import { largeRecord, noise, record, tcpSpec } from "../support/frames-offload.js";

const port = { id: 1, name: "port", counters: undefined as never };
const HEADERS = 14 + 20 + 32;
const FAST = 1e9;

function bytesOf(size: number): Buffer {
  return record(0, frame({ to: macOf(2), from: macOf(1) }, size));
}

/** A segment of `count` frames of 1,000 bytes of TCP each. */
function segmentOf(count: number): Buffer {
  return largeRecord(tcpSpec({ payload: noise(count * 1_000, 1) }), 1_000);
}

function passes(policy: RatePolicy, bytes: Buffer, now: number): boolean {
  const cursor = new FrameCursor();
  cursor.open(bytes, 0, bytes.length);
  cursor.next();
  const refused = policy.admit(port, cursor, now);
  assert.ok(refused === null || refused === "rate");
  return refused === null;
}

/** Bytes of frames of this size that pass at `now`. */
function drain(policy: RatePolicy, size: number, now: number): number {
  let bytes = 0;
  while (passes(policy, bytesOf(size), now)) bytes += size;
  return bytes;
}

test("lets a burst pass at once, then what its rate allows", () => {
  const policy = new RatePolicy(FAST);
  const burst = (FAST / 8_000) * RATE_BURST_MS;
  assert.ok(burst - drain(policy, 1_000, 5_000) < 1_000);
  assert.ok(Math.abs(drain(policy, 1_000, 5_010) - FAST / 800) <= 1_000);
  assert.equal(drain(policy, 1_000, 5_010), 0);
});

test("saves up no more than a burst", () => {
  const policy = new RatePolicy(FAST);
  drain(policy, 1_000, 0);
  assert.ok(drain(policy, 1_000, 1e9) <= (FAST / 8_000) * RATE_BURST_MS);
});

test("is right over a long time, however often it is asked", () => {
  const policy = new RatePolicy(8_000_000);
  drain(policy, 100, 0);
  let bytes = 0;
  for (let now = 0; now <= 10_000; now += 0.37) bytes += drain(policy, 100, now);
  assert.ok(Math.abs(bytes - 10_000_000) < 2_000, `${bytes}`);
});

test("at the lowest rate a large segment passes now and then", () => {
  const policy = new RatePolicy(8_000);
  assert.ok(passes(policy, segmentOf(60), 0));
  drain(policy, 100, 0);
  assert.ok(!passes(policy, segmentOf(60), 1_000));
  assert.ok(passes(policy, segmentOf(60), 70_000));
});

test("counts a segment as the frames that it becomes", () => {
  const [whole, divided] = [new RatePolicy(8_000), new RatePolicy(8_000)];
  for (let count = 0; count < 30; count++) assert.ok(passes(whole, segmentOf(4), 0));
  for (let count = 0; count < 120; count++) assert.ok(passes(divided, bytesOf(1_000 + HEADERS), 0));
  const left = MIN_BURST_BYTES - 120 * (1_000 + HEADERS);
  for (const policy of [whole, divided]) assert.equal(drain(policy, 20, 0), left - (left % 20));
});

test("a small frame passes where a large one does not", () => {
  const policy = new RatePolicy(8_000);
  drain(policy, 1_000, 0);
  assert.ok(!passes(policy, bytesOf(1_000), 0));
  assert.ok(passes(policy, bytesOf(60), 0));
});

test("takes no harm from a clock that stands still or goes back", () => {
  const policy = new RatePolicy(8_000);
  drain(policy, 100, 1_000);
  assert.equal(drain(policy, 100, 1_000), 0);
  assert.equal(drain(policy, 100, 500), 0);
  assert.equal(drain(policy, 100, 1_100), 100);
});

test("refuses a rate that is none", () => {
  for (const rate of [0, -1, Number.NaN]) assert.throws(() => new RatePolicy(rate), { code: "usage" });
});
