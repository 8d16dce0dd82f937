import assert from "node:assert/strict";
import { test } from "node:test";
import * as quantities from "../../../src/cli/format/quantities.js";

const { formatBitRate, formatBytes, formatCount, formatDuration, formatFrequency, formatRoundTrip } =
  quantities;

const expected: [(value: number) => string, [number, string][]][] = [
  [
    formatBytes,
    [
      [0, "0B"],
      [999, "999B"],
      [1_000, "1.00KB"],
      [9_994, "9.99KB"],
      [9_996, "10.0KB"],
      [99_960, "100KB"],
      [999_400, "999KB"],
      [999_700, "1.00MB"],
      [45_600_000, "45.6MB"],
      [1.5e15, "1.50PB"],
      [2e19, "20000PB"],
    ],
  ],
  [
    formatBitRate,
    [
      [0, "0"],
      [0.4, "0"],
      [640, "640bit/s"],
      [64_000, "64.0kbit/s"],
      [1.234e9, "1.23Gbit/s"],
    ],
  ],
  [
    formatCount,
    [
      [0, "0"],
      [9_999, "9999"],
      [12_345, "12.3k"],
      [4_560_000, "4.56M"],
    ],
  ],
  [
    formatFrequency,
    [
      [0, "0"],
      [0.26, "0.3"],
      [1, "1"],
      [10.4, "10"],
      [96_000, "96.0k"],
    ],
  ],
  [
    formatDuration,
    [
      [-5, "0s"],
      [999, "0s"],
      [59_999, "59s"],
      [60_000, "1m00s"],
      [200_000, "3m20s"],
      [7_500_000, "2h05m"],
      [86_399_000, "23h59m"],
      [86_400_000 * 3 + 4 * 3_600_000, "3d4h"],
    ],
  ],
  [
    formatRoundTrip,
    [
      [0.351, "0.35ms"],
      [12.34, "12.3ms"],
      [140.4, "140ms"],
    ],
  ],
];

for (const [format, cases] of expected) {
  for (const [value, text] of cases) {
    test(`${format.name} writes ${value} as ${text}`, () => assert.equal(format(value), text));
  }
}
