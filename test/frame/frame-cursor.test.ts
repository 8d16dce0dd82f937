import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FrameCursor } from "../../src/frame/frame-cursor.js";
import { formatMac } from "../../src/frame/mac.js";
import { Choices, scripts } from "../support/choices.js";
import { BROADCAST, batchOf, ethernet, frame, macOf } from "../support/frames.js";
import { noise, record } from "../support/frames-offload.js";
import { check } from "../support/generated.js";

/** All that the cursor says about the frames in bytes[start, end). */
function walk(bytes: Buffer, start = 0, end = bytes.length) {
  const cursor = new FrameCursor();
  const seen = [];
  for (cursor.open(bytes, start, end); cursor.next(); ) {
    const { recordStart, recordEnd, kind, frameStart, frameLength, vlan } = cursor;
    const to = formatMac({ high: cursor.destinationHigh, low: cursor.destinationLow });
    const from = formatMac({ high: cursor.sourceHigh, low: cursor.sourceLow });
    seen.push({ recordStart, recordEnd, kind, frameStart, frameLength, to, from, vlan });
  }
  return seen;
}

/** The same, read with Buffer's own words. */
function plainWalk(records: Buffer[], start: number) {
  let recordStart = start;
  return records.map((one) => {
    const payload = one.subarray(one[0] === 1 ? 14 : 4);
    const tagged = payload.length >= 18 && payload.readUInt16BE(12) === 0x8100;
    const [to, from] = [0, 6].map((at) => payload.toString("hex", at, at + 6).replace(/..(?!$)/g, "$&:"));
    const recordEnd = recordStart + one.length;
    const frameStart = recordEnd - payload.length;
    const vlan = tagged ? payload.readUInt16BE(14) % 4_096 : 0;
    const seen = {
      recordStart,
      recordEnd,
      kind: one[0],
      frameStart,
      frameLength: payload.length,
      to,
      from,
      vlan,
    };
    recordStart = recordEnd;
    return seen;
  });
}

test("finds no frame in an empty batch", () => {
  assert.deepEqual(walk(Buffer.alloc(0)), []);
  assert.deepEqual(walk(frame({ to: BROADCAST, from: macOf(1) }), 10, 10), []);
});

test("shows each frame's place, addresses and VLAN ID", () => {
  const tagged = frame({ to: macOf(2), from: "fe:ff:ff:ff:ff:ff", vlan: 0xabc, priority: 7 }, 100);
  const { bytes } = batchOf(frame({ to: BROADCAST, from: macOf(1) }), tagged);
  const expected = { recordStart: 64, recordEnd: 168, kind: 0, frameStart: 68, frameLength: 100 };
  assert.deepEqual(walk(bytes)[1], {
    ...expected,
    to: macOf(2),
    from: "fe:ff:ff:ff:ff:ff",
    vlan: 0xabc,
  });
});

test("looks behind the virtio-net header of an unfinished frame", () => {
  const [seen] = walk(record(1, Buffer.alloc(10, 0xff), frame({ to: macOf(2), from: macOf(1), vlan: 5 })));
  assert.deepEqual([seen!.to, seen!.from, seen!.vlan, seen!.frameStart], [macOf(2), macOf(1), 5, 14]);
});

test("reads the outer tag of several, and none of a provider's", () => {
  const inner = Buffer.from("00070800", "hex");
  const twice = ethernet({ to: BROADCAST, from: macOf(1), vlan: 9 }, 0x8100, inner);
  const provider = ethernet({ to: BROADCAST, from: macOf(1) }, 0x88a8, inner);
  assert.deepEqual(
    walk(batchOf(twice, provider).bytes).map((seen) => seen.vlan),
    [9, 0],
  );
});

test("reads no tag from a frame that ends within it", () => {
  const tagged = frame({ to: BROADCAST, from: macOf(1), vlan: 9 }, 18);
  const vlans = [14, 15, 16, 17, 18].map((size) => walk(record(0, tagged.subarray(0, size)))[0]!.vlan);
  assert.deepEqual(vlans, [0, 0, 0, 0, 9]);
});

test("generated batches, anywhere in their memory, read as Buffer reads them", () => {
  check(
    fc.property(scripts(60), (script) => {
      const choices = Choices.from(script);
      const records = Array.from({ length: choices.below(8) }, (_, index) => {
        const payload = noise(14 + choices.below(choices.of(6, 60, 1_500)), index);
        if (choices.onceIn(2)) payload.writeUInt16BE(0x8100, 12);
        return choices.onceIn(4) ? record(1, Buffer.alloc(10), payload) : record(0, payload);
      });
      const before = Buffer.alloc(choices.below(100), 0xff);
      const bytes = Buffer.concat([before, ...records, Buffer.alloc(choices.below(10), 0xff)]);
      const end = before.length + Buffer.concat(records).length;
      assert.deepEqual(walk(bytes, before.length, end), plainWalk(records, before.length));
    }),
  );
});
