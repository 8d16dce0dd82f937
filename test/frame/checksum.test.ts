import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  fold,
  internetChecksum,
  internetSum,
  pseudoHeaderSum4,
  pseudoHeaderSum6,
} from "../../src/frame/checksum.js";
import { noise, slowSum } from "../support/frames-offload.js";
import { check } from "../support/generated.js";

test("sums the example of RFC 1071 section 3", () => {
  const bytes = Buffer.from("0001f203f4f5f6f7", "hex");
  assert.equal(internetSum(bytes, 0, 8), 0xddf2);
  assert.equal(internetChecksum(bytes, 0, 8), 0x220d);
});

test("sums an IPv4 header to the checksum that a wire showed", () => {
  const header = Buffer.from("450000730000400040110000c0a80001c0a800c7", "hex");
  assert.equal(internetChecksum(header, 0, 20), 0xb861);
});

test("sums nothing to zero and ones to ones", () => {
  assert.equal(internetSum(Buffer.alloc(0), 0, 0), 0);
  assert.equal(internetSum(Buffer.alloc(64), 0, 64), 0);
  assert.equal(internetSum(Buffer.alloc(69_632, 0xff), 0, 69_632), 0xffff);
  assert.equal(
    internetSum(Buffer.alloc(69_632, 0xff), 1, 69_632, 0x7fff_ffff),
    slowFold(0x7fff_ffff, 0xff00),
  );
});

test("counts an odd last byte as if a zero followed", () => {
  assert.equal(internetSum(Buffer.from("123456", "hex"), 0, 3), 0x1234 + 0x5600);
});

test("equals the slow sum for generated ranges, alignments and initial sums", () => {
  const bytes = noise(70_000, 1).subarray(3);
  const at = fc.integer({ min: 0, max: 200 });
  const length = fc.oneof(
    { weight: 50, arbitrary: fc.integer({ min: 0, max: 2000 }) },
    fc.integer({ min: 0, max: 69_632 }),
  );
  check(
    fc.property(at, length, fc.integer({ min: 0, max: 0x7fff_ffff }), (start, size, initial) => {
      const end = start + size;
      assert.equal(internetSum(bytes, start, end), slowSum(bytes.subarray(start, end)));
      assert.equal(
        internetSum(bytes, start, end, initial),
        slowFold(initial, slowSum(bytes.subarray(start, end))),
      );
    }),
  );
});

test("sums pseudo-headers as RFC 9293 and RFC 8200 draw them", () => {
  const ip4 = noise(20, 2);
  const ip6 = noise(40, 3);
  const tail = Buffer.from([0, 6, 0x12, 0x34]);
  assert.equal(pseudoHeaderSum4(ip4, 0, 6, 0x1234), slowSum(ip4.subarray(12, 20), tail));
  assert.equal(pseudoHeaderSum6(ip6, 0, 6, 0x1234), slowSum(ip6.subarray(8, 40), tail));
});

test("folds every carry", () => {
  assert.equal(fold(0xffff_ffff), 0xffff);
  assert.equal(fold(0x1_fffe), 0xffff);
  assert.equal(fold(0x1_0000), 1);
});

/** Folds one step at a time; a sum of nothing but zeros stays 0. */
function slowFold(...sums: number[]): number {
  let total = sums.reduce((sum, each) => sum + each, 0);
  while (total > 0xffff) total = (total % 65_536) + Math.floor(total / 65_536);
  return total;
}
