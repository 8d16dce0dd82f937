import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { internetChecksum, sizesBetween } from "../../../src/cli/doctor/path-probe.js";
import { check } from "../../support/generated.js";

test("sizes rise from the lowest to the highest, both included", () => {
  assert.deepEqual(sizesBetween(576, 576), [576]);
  assert.deepEqual(sizesBetween(576, 578), [576, 577, 578]);
  assert.deepEqual([sizesBetween(576, 1_500)[0], sizesBetween(576, 1_500).at(-1)], [576, 1_500]);
});

test("four rounds find any MTU between 576 and 9,000", () => {
  for (let mtu = 576; mtu <= 9_000; mtu++) {
    let [low, high, best] = [576, 9_000, 0];
    for (let round = 0; round < 4 && low <= high; round++) {
      const sizes = sizesBetween(low, high);
      best = Math.max(...sizes.filter((size) => size <= mtu));
      [low, high] = [best, (sizes.find((size) => size > best) ?? high + 1) - 1];
    }
    assert.equal(best, mtu);
  }
});

test("the checksum of generated packets makes their sum come out even", () => {
  check(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 64 }), (octets) => {
      const bytes = Buffer.from(octets);
      bytes.writeUInt16BE(0, 2);
      bytes.writeUInt16BE(internetChecksum(bytes), 2);
      assert.equal(internetChecksum(bytes), 0);
    }),
  );
});
