import assert from "node:assert/strict";
import { test } from "node:test";
import { CopyTarget } from "../../src/frame/copy.js";
import { noise } from "../support/frames-offload.js";

test("copies exactly the range, whatever its length and alignment", () => {
  const source = noise(2_000, 1);
  for (let length = 0; length <= 400; length++) {
    for (const [from, to] of [
      [0, 0],
      [1, 3],
      [7, 2],
    ] as const) {
      const target = new CopyTarget(500);
      target.bytes.fill(0xee);
      target.copy(source, from, from + length, to);
      const expected = Buffer.alloc(500, 0xee);
      source.copy(expected, to, from, from + length);
      assert.ok(target.bytes.equals(expected), `${length} bytes from ${from} to ${to}`);
    }
  }
});

test("copies up to the last byte of both, and long records too", () => {
  for (const length of [1, 60, 192, 193, 1_514, 69_632]) {
    const source = noise(length, 2);
    const target = new CopyTarget(length);
    target.copy(source, 0, length, 0);
    assert.ok(target.bytes.equals(source));
  }
});

test("tells sources apart that share memory, and sees what has changed in one", () => {
  const memory = noise(400, 3);
  const target = new CopyTarget(60);
  for (const source of [memory, memory.subarray(100), memory.subarray(200, 300), memory]) {
    target.copy(source, 5, 65, 0);
    assert.ok(target.bytes.equals(source.subarray(5, 65)));
    source[30]! ^= 0xff;
    target.copy(source, 5, 65, 0);
    assert.ok(target.bytes.equals(source.subarray(5, 65)));
  }
});
