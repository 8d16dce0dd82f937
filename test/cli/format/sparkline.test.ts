import assert from "node:assert/strict";
import { test } from "node:test";
import { sparkline } from "../../../src/cli/format/sparkline.js";

const cases: [string, number[], number, string][] = [
  ["fills its line where a value is the highest", [1, 2, 3, 4, 5, 6, 7, 8], 8, "▂▃▄▅▆▇██"],
  ["has no bar for 0, and a small one for next to nothing", [0, 0.001, 100], 3, " ▁█"],
  ["stands on the right while there are few values", [1, 1], 5, "   ██"],
  ["shows peaks where neighbours share a bar", [0, 9, 0, 0, 1, 0], 3, "█ ▁"],
  ["has the odd one out on the left", [9, 0, 0], 2, "█ "],
  ["is empty of nothing", [], 4, "    "],
  ["is empty without room", [1, 2], 0, ""],
  ["is flat where all is 0", [0, 0], 2, "  "],
];

for (const [title, values, width, expected] of cases) {
  test(`a sparkline ${title}`, () => assert.equal(sparkline(values, width), expected));
}
