import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../../../src/daemon/uplink/backoff.js";

const LEAST_MS = 200;
const MOST_MS = 10_000;

test("waits 0.2 s at least and 10 s at most, whatever chance says", () => {
  for (const random of [() => 0, () => 0.999_999, Math.random]) {
    const backoff = new Backoff(random);
    for (let tries = 0; tries < 200; tries++) {
      const wait = backoff.next();
      assert.ok(wait >= LEAST_MS && wait <= MOST_MS, `${wait} ms at try ${tries}`);
    }
  }
});

test("grows from the least to the most", () => {
  const backoff = new Backoff(() => 0.999_999);
  const waits = Array.from({ length: 12 }, () => backoff.next());
  assert.ok(waits[0]! <= 2 * LEAST_MS);
  for (let at = 1; at < waits.length; at++) assert.ok(waits[at]! >= waits[at - 1]!);
  assert.ok(waits.at(-1)! > 0.9 * MOST_MS);
});

test("is different for everybody from the first time on, so that a fleet does not come back at once", () => {
  for (let tries = 0; tries < 10; tries++) {
    const waits = Array.from({ length: 100 }, () => {
      const backoff = new Backoff();
      for (let earlier = 0; earlier < tries; earlier++) backoff.next();
      return backoff.next();
    });
    assert.ok(Math.max(...waits) > 1.3 * Math.min(...waits), `try ${tries}`);
  }
});

test("begins anew after a reset, and goes straight to the end when exhausted", () => {
  const backoff = new Backoff(() => 0);
  const first = backoff.next();
  for (let tries = 0; tries < 10; tries++) backoff.next();
  backoff.reset();
  assert.equal(backoff.next(), first);
  backoff.exhaust();
  assert.ok(backoff.next() >= MOST_MS / 2);
});
