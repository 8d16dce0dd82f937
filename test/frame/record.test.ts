import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MAX_FRAME,
  MAX_MESSAGE,
  MAX_RECORD,
  RecordKind,
  readHeader,
  recordFault,
  writeHeader,
} from "../../src/frame/record.js";

/** The header of a record as the wire has it. */
function header(kind: number, length: number): number {
  return kind * 2 ** 24 + length;
}

test("a record of kind 0 is what QEMU sends: a 32-bit big-endian length and a frame", () => {
  const bytes = Buffer.alloc(4);
  writeHeader(bytes, 0, RecordKind.frame, 1_514);
  assert.equal(bytes.readUInt32BE(), 1_514);
  assert.equal(readHeader(bytes, 0), 1_514);
});

test("the kind is the top byte of the header", () => {
  const bytes = Buffer.alloc(6, 0xff);
  writeHeader(bytes, 1, RecordKind.offload, 65_546);
  assert.equal(bytes.toString("hex"), "ff0101000aff");
  assert.equal(readHeader(bytes, 1), header(1, 65_546));
});

test("reads headers as unsigned numbers", () => {
  assert.equal(readHeader(Buffer.from("ffffffff", "hex"), 0), 0xffff_ffff);
});

for (const [what, kind, shortest, longest] of [
  ["frames of 14 to 69,632 bytes", RecordKind.frame, 14, 69_632],
  ["unfinished frames with a header of 10 bytes more", RecordKind.offload, 24, 69_642],
  ["messages of 1 to 16,384 bytes", RecordKind.message, 1, 16_384],
] as const) {
  test(`accepts ${what} and no others`, () => {
    assert.equal(recordFault(header(kind, 0)), "zero-length");
    assert.equal(recordFault(header(kind, shortest)), null);
    assert.equal(recordFault(header(kind, longest)), null);
    assert.equal(recordFault(header(kind, longest + 1)), "too-long");
    assert.equal(recordFault(header(kind, 0xff_ffff)), "too-long");
    if (shortest > 1) assert.equal(recordFault(header(kind, shortest - 1)), "too-short");
  });
}

test("accepts no other kind, whatever its length", () => {
  for (const kind of [3, 4, 127, 128, 255]) {
    for (const length of [0, 14, 100, 0xff_ffff]) assert.equal(recordFault(header(kind, length)), "bad-kind");
  }
});

test("no record is longer than the longest of any kind", () => {
  assert.equal(MAX_RECORD, 4 + 10 + MAX_FRAME);
  assert.ok(4 + MAX_MESSAGE < MAX_RECORD);
});
