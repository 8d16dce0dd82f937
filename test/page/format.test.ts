import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatBytes, formatCount, formatDuration, formatRate } from "../../src/page/format.js";

describe("the page's figures", () => {
  test("have three digits and the unit that keeps them short", () => {
    const rates: [number, string][] = [
      ...([
        [0, "0 bit/s"],
        [9.4, "9 bit/s"],
        [999, "999 bit/s"],
        [1_000, "1.00 kbit/s"],
      ] as [number, string][]),
      ...([
        [1_234, "1.23 kbit/s"],
        [12_345, "12.3 kbit/s"],
        [123_456, "123 kbit/s"],
      ] as [number, string][]),
      ...([
        [999_600, "1.00 Mbit/s"],
        [1.5e9, "1.50 Gbit/s"],
        [2.5e13, "25.0 Tbit/s"],
      ] as [number, string][]),
      ...([
        [9.996e15, "9996 Tbit/s"],
        [-5, "0 bit/s"],
      ] as [number, string][]),
    ];
    for (const [rate, text] of rates) assert.equal(formatRate(rate), text);
    assert.equal(formatBytes(84_150_000), "84.2 MB");
    assert.equal(formatCount(1_234_567.4), "1,234,567");
  });

  test("say a time in its two largest units", () => {
    const times: [number, string][] = [
      ...([
        [-1, "0 s"],
        [8_900, "8 s"],
        [60_000, "1 min"],
        [3_599_999, "59 min"],
      ] as [number, string][]),
      ...([
        [12_300_000, "3 h 25 min"],
        [277_200_000, "3 d 5 h"],
      ] as [number, string][]),
    ];
    for (const [ms, text] of times) assert.equal(formatDuration(ms), text);
  });
});
