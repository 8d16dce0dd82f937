import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TokenBucket } from "../../src/switch/token-bucket.js";
import { check } from "../support/generated.js";

function takes(bucket: TokenBucket, amount: number, now: number): boolean {
  const has = bucket.has(amount, now);
  if (has) bucket.take(amount);
  return has;
}

test("starts full, and fills with time up to its burst", () => {
  const bucket = new TokenBucket(1_000, 100);
  assert.ok(takes(bucket, 100, 0));
  assert.ok(!takes(bucket, 1, 0));
  assert.ok(takes(bucket, 10, 10));
  assert.ok(!takes(bucket, 101, 1e9));
  assert.ok(takes(bucket, 100, 1e9));
});

test("generated takers never get more than the burst and the rate allow", () => {
  const step = fc.tuple(fc.nat(50), fc.integer({ min: -20, max: 100 }));
  check(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(10_000), fc.nat(200), (steps, perSecond, burst) => {
      const bucket = new TokenBucket(perSecond, burst);
      let [now, latest, taken] = [1_000, 1_000, 0];
      takes(bucket, 0, now);
      for (const [amount, later] of steps) {
        now += later;
        latest = Math.max(latest, now);
        if (takes(bucket, amount, now)) taken += amount;
        assert.ok(taken <= burst + ((latest - 1_000) * perSecond) / 1_000 + 1e-6);
      }
    }),
  );
});
