import assert from "node:assert/strict";
import { test } from "node:test";
import { copyBytes } from "../../src/frame/copy.js";
import { noise } from "../support/frames-offload.js";

test("copies exactly the range, whatever its length and alignment", () => {
  const source = noise(2_000, 1);
  for (const length of [0, 1, 59, 60, 159, 160, 161, 162, 1_514]) {
    for (const [from, to] of [
      [0, 0],
      [1, 3],
      [7, 2],
    ] as const) {
      const target = Buffer.alloc(2_000, 0xee);
      copyBytes(source, from, from + length, target, to);
      const expected = Buffer.alloc(2_000, 0xee);
      source.copy(expected, to, from, from + length);
      assert.ok(target.equals(expected), `${length} bytes from ${from} to ${to}`);
    }
  }
});
