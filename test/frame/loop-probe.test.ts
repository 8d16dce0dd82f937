import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import {
  INSTANCE_BYTES,
  isLoopProbe,
  LOOP_PROBE_ADDRESS,
  LOOP_PROBE_LENGTH,
  LoopProbeReader,
  SIGNATURE_BYTES,
  writeLoopProbe,
} from "../../src/frame/loop-probe.js";
import { parseMac } from "../../src/frame/mac.js";
import { check } from "../support/generated.js";

const FROM = parseMac("02:00:00:00:00:02");
const sign = (bytes: Buffer): Buffer => createHmac("sha256", "key").update(bytes).digest();
const octets = fc
  .uint8Array({ minLength: INSTANCE_BYTES, maxLength: INSTANCE_BYTES })
  .map((all) => Buffer.from(all));
const anyProbe = fc.record({ instance: octets, port: fc.nat(0xffff_ffff), sequence: fc.nat(0xffff_ffff) });

test("goes to a group that is locally administered, so that every bridge floods it", () => {
  assert.equal(LOOP_PROBE_ADDRESS.high & 0x0300, 0x0300);
  assert.ok(isLoopProbe(LOOP_PROBE_ADDRESS.high, LOOP_PROBE_ADDRESS.low));
  assert.ok(!isLoopProbe(0xffff, -1));
});

test("generated probes read as they were written, and only their sender's key signs them", () => {
  const [frame, reader] = [Buffer.alloc(LOOP_PROBE_LENGTH), new LoopProbeReader()];
  check(
    fc.property(anyProbe, octets, (fields, other) => {
      writeLoopProbe(frame, { ...fields, from: FROM }, sign);
      assert.ok(reader.read(frame, 14, frame.length));
      assert.deepEqual([reader.port, reader.sequence], [fields.port, fields.sequence]);
      assert.equal(reader.compareWith(fields.instance), 0);
      assert.equal(Math.sign(reader.compareWith(other)), Math.sign(Buffer.compare(fields.instance, other)));
      assert.ok(reader.isSigned(sign));
      assert.ok(!reader.isSigned(() => Buffer.alloc(SIGNATURE_BYTES)));
    }),
  );
});

test("generated changes and cuts of a probe are told by its signature, or it is none", () => {
  const [frame, reader] = [Buffer.alloc(LOOP_PROBE_LENGTH), new LoopProbeReader()];
  check(
    fc.property(
      anyProbe,
      fc.nat(37),
      fc.integer({ min: 1, max: 255 }),
      fc.nat(46),
      (fields, at, flip, cut) => {
        writeLoopProbe(frame, { ...fields, from: FROM }, sign);
        assert.equal(reader.read(frame, 14, 14 + cut), cut >= 38);
        frame[14 + at]! ^= flip;
        if (reader.read(frame, 14, frame.length)) assert.ok(!reader.isSigned(sign), `octet ${at}`);
      },
    ),
  );
});

test("generated noise is no probe", () => {
  const reader = new LoopProbeReader();
  check(
    fc.property(fc.uint8Array({ maxLength: 80 }), (noise) => {
      assert.equal(reader.read(Buffer.from(noise), 0, noise.length), false);
    }),
  );
});
