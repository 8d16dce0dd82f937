import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LineSplitter } from "../../src/link/line-splitter.js";
import { check } from "../support/generated.js";

function linesOf(...pieces: string[]): string[] {
  const said: string[] = [];
  const lines = new LineSplitter((line) => said.push(line));
  for (const piece of pieces) lines.feed(Buffer.from(piece));
  lines.end();
  return said;
}

test("hands on each line, in whatever pieces it comes, and the last one without an end", () => {
  assert.deepEqual(linesOf("one\ntw", "o\n", "\n\nthr", "ee"), ["one", "two", "three"]);
});

test("keeps 512 bytes of a line, however long it is", () => {
  assert.deepEqual(linesOf("x".repeat(100_000), "y\nz"), ["x".repeat(512), "z"]);
});

test("hands on nothing that a terminal would obey", () => {
  assert.deepEqual(linesOf("a\u001b[31mb\r\n"), ["a [31mb"]);
});

test("generated: pieces make no difference", () => {
  const pieces = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "\n", " "), maxLength: 9 }));
  check(fc.property(pieces, (all) => assert.deepEqual(linesOf(...all), linesOf(all.join("")))));
});
