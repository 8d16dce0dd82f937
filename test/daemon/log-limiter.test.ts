import assert from "node:assert/strict";
import { test } from "node:test";
import { LogLimiter } from "../../src/daemon/log-limiter.js";
import { ManualClock } from "../support/clock.js";

function make() {
  const clock = new ManualClock();
  const limiter = new LogLimiter(clock);
  const written: string[] = [];
  const note = (kind: string, times = 1): void => {
    for (let time = 0; time < times; time++)
      limiter.note(kind, (leftOut) => void written.push(`${kind} ${leftOut}`));
  };
  return { clock, note, written };
}

test("writes the first few of a kind, and counts the others", () => {
  const { clock, note, written } = make();
  note("a", 1_000);
  assert.equal(written.length, 10);
  assert.deepEqual(new Set(written), new Set(["a 0"]));
  clock.advance(10_000);
  note("a");
  assert.equal(written.at(-1), "a 990");
});

test("tells of those left out once", () => {
  const { clock, note, written } = make();
  note("a", 15);
  clock.advance(10_000);
  note("a", 2);
  assert.deepEqual(written.slice(10), ["a 5", "a 0"]);
  clock.advance(10_000);
  note("a");
  assert.equal(written.at(-1), "a 0");
});

test("writes all of what happens now and then", () => {
  const { clock, note, written } = make();
  for (let times = 0; times < 100; times++) {
    note("a");
    clock.advance(2_000);
  }
  assert.equal(written.length, 100);
});

test("one kind does not keep another from being written", () => {
  const { note, written } = make();
  note("a", 100);
  note("b");
  assert.equal(written.at(-1), "b 0");
});
