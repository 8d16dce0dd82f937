import assert from "node:assert/strict";
import { test } from "node:test";
import { latencyOf } from "../../../src/daemon/probe/figures.js";

test("sums up round trips: least, median, 99 of 100, most, and how much one differs from the next", () => {
  const trips = Array.from({ length: 200 }, (_, index) => index + 1);
  assert.deepEqual(latencyOf(210, trips), {
    sent: 210,
    received: 200,
    minMs: 1,
    p50Ms: 100,
    p99Ms: 198,
    maxMs: 200,
    jitterMs: 1,
  });
  assert.equal(latencyOf(3, [1, 5, 2]).jitterMs, 3.5);
});

test("has no figures where nothing came back", () => {
  const { received, minMs, p50Ms, jitterMs } = latencyOf(5, []);
  assert.deepEqual([received, minMs, p50Ms, jitterMs], [0, null, null, null]);
});
