import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { lookOf } from "../../../src/cli/format/look.js";
import { widthOf } from "../../../src/cli/format/plain-text.js";
import { table } from "../../../src/cli/format/table.js";

const COLUMNS = [{ heading: "NAME" }, { heading: "MACS", align: "right" as const }, { heading: "PEER" }];
const ROWS = [
  ["web", "7", "203.0.113.7:40112"],
  ["日本", "1200", "tap0"],
];
const plain = lookOf({}, {});
const terminal = (columns: number) => lookOf({ isTTY: true, columns }, { TERM: "xterm" });

describe("a table", () => {
  test("aligns numbers to the right and text to the left, by the width that it is shown in", () => {
    assert.deepEqual(table(COLUMNS, ROWS, plain), [
      "NAME  MACS  PEER",
      "web      7  203.0.113.7:40112",
      "日本  1200  tap0",
    ]);
  });

  test("has its heading without any rows", () => {
    assert.deepEqual(table(COLUMNS, [], plain), ["NAME  MACS  PEER"]);
  });

  test("is never cut when piped, and has no colour there", () => {
    const long = "x".repeat(500);
    const shown = table(COLUMNS, [[{ text: long, paint: plain.bad }, "1", long]], plain);
    assert.equal(shown[1], `${long}  1     ${long}`.replace("1     ", "   1  "));
  });

  test("cuts the longest text where the terminal is narrow, and no number", () => {
    assert.deepEqual(table(COLUMNS, ROWS, terminal(24)).map(stripVTControlCharacters), [
      "NAME  MACS  PEER",
      "web      7  203.0.113.7…",
      "日本  1200  tap0",
    ]);
  });

  test("leaves out what can be spared before it cuts anything, the last first", () => {
    const columns = [
      { heading: "NAME" },
      { heading: "A", spare: 1 },
      { heading: "B", spare: 2 },
      { heading: "C", spare: 2 },
    ];
    const shown = (width: number): string =>
      stripVTControlCharacters(table(columns, [["a-long-name", "1", "2", "3"]], terminal(width))[1]!);
    assert.equal(shown(20), "a-long-name  1  2  3");
    assert.equal(shown(19), "a-long-name  1  2");
    assert.equal(shown(16), "a-long-name  1");
    assert.equal(shown(13), "a-long-name");
    assert.equal(shown(10), "a-long-na…");
  });

  test("fits even a terminal that is too narrow for it", () => {
    for (let width = 1; width < 40; width++) {
      for (const line of table(COLUMNS, ROWS, terminal(width)))
        assert.ok(widthOf(stripVTControlCharacters(line)) <= width, `${width}: ${line}`);
    }
  });

  test("makes harmless what stands in it", () => {
    const [, row] = table(COLUMNS, [["\x1b[2Jw\nb", "1", "p"]], plain);
    assert.equal(row, "\ufffd[2Jw\ufffdb     1  p");
  });
});

describe("colour", () => {
  const painted = [[{ text: "down", paint: terminal(80).bad }, "1", "p"]];

  test("stands around the text alone, so that columns keep their width", () => {
    assert.equal(table(COLUMNS, painted, terminal(80))[1], "\x1b[31mdown\x1b[39m     1  p");
  });

  for (const [title, screen, env] of [
    ["not where nothing is a terminal", {}, { TERM: "xterm" }],
    ["not where NO_COLOR is set", { isTTY: true }, { TERM: "xterm", NO_COLOR: "1" }],
    ["not on a dumb terminal", { isTTY: true }, { TERM: "dumb" }],
    ["not where only CI or FORCE_COLOR asks for it", {}, { CI: "1", FORCE_COLOR: "1" }],
  ] as const) {
    test(`is ${title}`, () => assert.equal(lookOf(screen, env).bad("x"), "x"));
  }
});
