import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checksumField } from "../../src/frame/checksum-field.js";
import { CopyTarget } from "../../src/frame/copy.js";
import { FrameCursor } from "../../src/frame/frame-cursor.js";
import { hasTrueTag, tagOf, writeRetagged, writeTagged, writeUntagged } from "../../src/frame/tag.js";
import { frame, macOf } from "../support/frames.js";
import { largeRecord, layoutOf, record, segments, vnetHeader } from "../support/frames-offload.js";
import { check } from "../support/generated.js";

const header = { to: macOf(2), from: macOf(1) };

/** The record as a cursor sees it, in VLAN 7. */
function inVlan(bytes: Buffer): FrameCursor {
  const cursor = new FrameCursor();
  cursor.open(Buffer.concat([Buffer.alloc(5), bytes]), 5, 5 + bytes.length);
  assert.ok(cursor.next());
  cursor.vlan = 7;
  return cursor;
}

const target = new CopyTarget(70_100);

type Write = (frame: FrameCursor, target: CopyTarget, offset: number) => number;
const tag: Write = (cursor, to, at) => writeTagged(cursor, 0x8100, to, at);
const retag: Write = (cursor, to, at) => writeRetagged(cursor, 0x8100, to, at);

/** What `write` makes of a record, or null. */
function written(bytes: Buffer, write: Write): Buffer | null {
  target.bytes.fill(0xee, 0, bytes.length + 64);
  const end = write(inVlan(bytes), target, 9);
  if (end < 0) return null;
  assert.ok(target.bytes.subarray(end, bytes.length + 64).every((octet) => octet === 0xee));
  return Buffer.from(target.bytes.subarray(9, end));
}

/** `frame` with these bytes behind its addresses. */
function withTag(untagged: Buffer, tag: string): Buffer {
  return Buffer.concat([untagged.subarray(0, 12), Buffer.from(tag, "hex"), untagged.subarray(12)]);
}

test("puts a tag in and takes it out, in frames of any length", () => {
  for (const size of [14, 15, 59, 60, 170, 1_514, 69_000]) {
    const plain = frame(header, size);
    const tagged = withTag(plain, "81000007");
    assert.deepEqual(written(record(0, plain), tag), record(0, tagged));
    assert.deepEqual(written(record(0, tagged), writeUntagged), record(0, plain));
  }
});

test("gives a priority-tagged frame its VLAN and leaves it its priority", () => {
  const plain = frame(header);
  assert.deepEqual(
    written(record(0, withTag(plain, "8100b000")), retag),
    record(0, withTag(plain, "8100b007")),
  );
});

test("puts the tag before a service tag, and takes only the outer tag", () => {
  const plain = frame(header);
  const service = withTag(plain, "88a80009");
  assert.deepEqual(written(record(0, service), tag), record(0, withTag(service, "81000007")));
  const double = withTag(withTag(plain, "81000003"), "81000007");
  assert.deepEqual(written(record(0, double), writeUntagged), record(0, withTag(plain, "81000003")));
});

test("sees no tag in a frame that ends within it", () => {
  const tagged = frame({ ...header, vlan: 7 });
  for (let size = 14; size < 18; size++)
    assert.equal(tagOf(inVlan(record(0, tagged.subarray(0, size))), 0x8100), -1);
  assert.equal(tagOf(inVlan(record(0, tagged.subarray(0, 18))), 0x8100), 7);
  assert.equal(tagOf(inVlan(record(0, tagged)), 0x88a8), -1);
});

test("moves the checksum of generated segments along with the tag, and back", () => {
  check(
    fc.property(segments(), ({ spec, gsoSize }) => {
      const tags = [0x8100, ...spec.tags.filter((tag) => tag === 0x88a8)].slice(0, 2);
      const tagged = largeRecord({ ...spec, tags }, gsoSize);
      tagged.writeUInt16BE(0xa007, 14 + 14);
      const plain = written(tagged, writeUntagged)!;
      assert.equal(plain.readUInt16LE(10), layoutOf({ ...spec, tags: tags.slice(1) }).transport);
      assert.equal(plain.readUInt16LE(6), layoutOf({ ...spec, tags: tags.slice(1) }).payload);
      const again = written(plain, tag)!;
      tagged.writeUInt16BE(0x0007, 14 + 14);
      assert.ok(again.equals(tagged));
    }),
  );
});

test("leaves an offload header alone that needs nothing", () => {
  const sent = record(1, vnetHeader(0, 0, 0, 0, 3, 9), frame(header));
  const tagged = written(sent, tag)!;
  assert.deepEqual(tagged.subarray(4, 14), sent.subarray(4, 14));
});

test("makes a hint of header length none that cannot follow", () => {
  const sent = (length: number): Buffer =>
    record(1, vnetHeader(1, 0, length, 0, 34, 6), frame({ ...header, vlan: 7 }, 69_000));
  assert.equal(written(sent(0), writeUntagged)!.readUInt16LE(6), 0);
  assert.equal(written(sent(15), writeUntagged)!.readUInt16LE(6), 0);
  assert.equal(written(sent(18), writeUntagged)!.readUInt16LE(6), 14);
  assert.equal(written(sent(65_535), retag)!.readUInt16LE(6), 65_535, "replaced, not moved");
  const untagged = record(1, vnetHeader(1, 0, 65_535, 0, 34, 6), frame(header, 69_000));
  assert.equal(written(untagged, tag)!.readUInt16LE(6), 0);
});

test("does not move a checksum out of the frame's reach", () => {
  const far = record(1, vnetHeader(1, 0, 0, 0, 65_532, 6), frame(header, 69_000));
  assert.equal(written(far, tag), null);
  const near = record(1, vnetHeader(1, 0, 0, 0, 17, 6), frame({ ...header, vlan: 7 }));
  assert.equal(written(near, writeUntagged), null);
});

test("believes no tag over which a checksum will be written", () => {
  const trusted = (start: number, offset: number): boolean =>
    hasTrueTag(inVlan(record(1, vnetHeader(1, 0, 0, 0, start, offset), frame({ ...header, vlan: 7 }))));
  assert.ok(trusted(14, 4));
  assert.ok(trusted(18, 0));
  for (const [start, offset] of [
    [14, 0],
    [14, 3],
    [15, 0],
    [17, 0],
  ] as const)
    assert.ok(!trusted(start, offset));
  assert.ok(hasTrueTag(inVlan(record(0, frame({ ...header, vlan: 7 })))));
});

test("says where a checksum will be written", () => {
  const large = inVlan(record(1, vnetHeader(1, 0, 0, 0, 34, 16), frame(header)));
  assert.equal(checksumField(large), large.frameStart + 50);
  assert.equal(
    checksumField(inVlan(record(1, vnetHeader(2, 0, 0, 0, 34, 16), frame(header)))),
    Number.POSITIVE_INFINITY,
  );
  assert.equal(checksumField(inVlan(record(0, frame(header)))), Number.POSITIVE_INFINITY);
});
