import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DelayLine } from "../../src/link/delay-line.js";
import { noise, record } from "../support/frames-offload.js";
import { check } from "../support/generated.js";

const LIMIT = 20_000;

/** One step: records of these sizes go in with these delays, then time goes on. */
const steps = fc.array(
  fc.record({
    sizes: fc.array(fc.record({ bytes: fc.integer({ min: 14, max: 6_000 }), delay: fc.nat(20) }), {
      maxLength: 6,
      size: "max",
    }),
    later: fc.nat(15),
  }),
  { maxLength: 12, size: "max" },
);

const pool = record(0, noise(6_000, 1));

test("gives back generated records whole, in order, when they are due, up to its limit", () => {
  check(
    fc.property(steps, (script) => {
      const line = new DelayLine(LIMIT);
      const expected: { bytes: number; due: number; salt: number }[] = [];
      let [now, salt, lastDue, held] = [0, 0, 0, 0];
      for (const { sizes, later } of script) {
        for (const { bytes, delay } of sizes) {
          lastDue = Math.max(lastDue, now + delay);
          pool.writeUInt32BE(++salt, 4);
          const taken = line.push(pool, 0, bytes, lastDue);
          assert.equal(taken, held + bytes <= LIMIT);
          if (taken) expected.push({ bytes, due: lastDue, salt });
          if (taken) held += bytes;
        }
        now += later;
        while (line.choose(now)) {
          for (let at = line.start; at < line.end; ) {
            const one = expected.shift()!;
            assert.ok(one.due <= now);
            assert.equal(line.bytes.readUInt32BE(at + 4), one.salt);
            assert.ok(line.bytes.subarray(at + 8, at + one.bytes).equals(pool.subarray(8, one.bytes)));
            at += one.bytes;
            held -= one.bytes;
          }
          line.drop();
        }
        assert.equal(line.isEmpty, expected.length === 0);
        assert.ok(line.isEmpty || line.due > now);
        assert.ok(line.bytes.length <= 4 * LIMIT);
      }
    }),
  );
});

test("keeps what was chosen until it is dropped", () => {
  const line = new DelayLine(1_000);
  const one = record(0, noise(60, 1));
  line.push(one, 0, one.length, 5);
  assert.ok(!line.choose(4));
  assert.ok(line.choose(5));
  assert.ok(line.choose(5), "again, as it was not dropped");
  assert.deepEqual(line.bytes.subarray(line.start, line.end), one);
  line.drop();
  assert.ok(!line.choose(5));
  assert.ok(line.isEmpty);
});
