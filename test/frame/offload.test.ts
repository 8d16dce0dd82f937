import assert from "node:assert/strict";
import { test } from "node:test";
import { Offload, offloadMask, offloadNames } from "../../src/frame/offload.js";

test("makes a set of bits from names and back", () => {
  assert.equal(offloadMask(["csum", "tso4", "tso6", "ecn", "uso"]), 0x6f);
  assert.deepEqual(offloadNames(0x6f), ["csum", "tso4", "tso6", "ecn", "uso"]);
  assert.deepEqual(offloadNames(0), []);
  assert.equal(offloadMask([]), 0);
});

test("ignores names it does not know, inherited ones among them", () => {
  assert.equal(offloadMask(["csum", "quic", "toString", "constructor", ""]), Offload.csum);
});

test("counts uso only where both of its bits are set", () => {
  assert.deepEqual(offloadNames(0x20), []);
  assert.deepEqual(offloadNames(0x41), ["csum"]);
  assert.deepEqual(offloadNames(0x60), ["uso"]);
});
