import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseMac } from "../../src/frame/mac.js";
import { MIN_PROBE, PROBE_IDS, ProbeReader, writeProbe } from "../../src/frame/probe.js";
import { check } from "../support/generated.js";

const [TO, FROM] = ["02:00:00:00:00:01", "02:00:00:00:00:02"].map(parseMac);
const whole = fc.nat(0xffff_ffff);
const anyProbe = fc.record(
  {
    type: fc.nat(255),
    id: fc.maxSafeNat().map((value) => value % PROBE_IDS),
    token: fc.maxSafeNat().map((value) => value % PROBE_IDS),
    number: whole,
    count: whole,
    time: fc.double({ noNaN: true }),
    text: fc.stringMatching(/^[\w.:-]{0,63}$/),
    length: fc.integer({ min: MIN_PROBE, max: 2_000 }),
  },
  { noNullPrototype: true },
);

test("generated probes read as they were written", () => {
  const bytes = Buffer.alloc(2_100);
  check(
    fc.property(anyProbe, fc.nat(90), (fields, at) => {
      const end = writeProbe(bytes, at, TO!, FROM!, fields);
      assert.equal(end - at, 4 + fields.length);
      assert.equal(bytes.readUInt32BE(at), fields.length);
      const reader = new ProbeReader();
      assert.ok(reader.read(bytes, at + 4, end));
      const { type, id, token, number, count, time, length, text } = reader;
      assert.deepEqual({ type, id, token, number, count, time, length, text }, fields);
    }),
  );
});

test("generated changes and cuts of a probe read as one within its bounds, or not at all", () => {
  const bytes = Buffer.alloc(2_100);
  const change = fc.tuple(fc.nat(60), fc.nat(255));
  check(
    fc.property(anyProbe, fc.array(change, { maxLength: 3 }), fc.nat(2_000), (fields, changes, cut) => {
      const end = Math.min(writeProbe(bytes, 0, TO!, FROM!, fields), 4 + cut);
      for (const [at, value] of changes) bytes[18 + at] = value;
      const reader = new ProbeReader();
      const harmed = changes.some(([at, value]) => at < 5 && value !== [0x74, 0x73, 0x77, 0x50, 1][at]);
      const read = reader.read(bytes, 4, end);
      if (
        harmed &&
        !changes.some(([at], index) => changes.findLastIndex(([other]) => other === at) !== index)
      )
        assert.equal(read, false, "another magic or version");
      if (end - 4 < MIN_PROBE) assert.equal(read, false, "too short");
      if (!read) return;
      assert.ok(reader.length === end - 4 && reader.id < PROBE_IDS && reader.token < PROBE_IDS);
      assert.ok(Buffer.byteLength(reader.text) <= 63 * 3);
    }),
  );
});

test("generated noise is no probe", () => {
  check(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      assert.equal(new ProbeReader().read(Buffer.from(noise), 0, noise.length), false);
    }),
  );
});
