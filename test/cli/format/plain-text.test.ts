import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { fit, harmless, widthOf } from "../../../src/cli/format/plain-text.js";
import { check } from "../../support/generated.js";

describe("text from elsewhere", () => {
  const obeyed: [string, string][] = [
    ["an escape sequence", "a\x1b[2Jb"],
    ["a line feed", "a\nb"],
    ["a bell", "a\x07b"],
    ["a control character of the second kind", "a\x9b2Jb"],
    ["what turns the writing round", "a\u202eb"],
    ["a line separator", "a\u2028b"],
    ["a joiner without width", "a\u200db"],
    ["half a pair", "a\ud800b"],
  ];
  for (const [what, text] of obeyed) {
    test(`shows a sign instead of ${what}`, () => {
      assert.equal(harmless(text).slice(0, 2), "a\ufffd");
      assert.equal(harmless(text).endsWith("b"), true);
    });
  }

  test("stays as it is where a terminal only shows it", () => {
    for (const text of ["web-1", "größe", "日本", "дом", "e\u0301".normalize("NFC")])
      assert.equal(harmless(text), text);
  });

  const widths: [string, number][] = [
    ["", 0],
    ["web", 3],
    ["größe", 5],
    ["日本", 4],
    ["한국", 4],
    ["😀", 2],
    ["n\u0303\u0323", 1],
    ["ｗ", 2],
    ["┃▂▇", 3],
  ];
  for (const [text, width] of widths) {
    test(`'${text}' is ${width} columns wide`, () => assert.equal(widthOf(text), width));
  }

  test("is cut with an ellipsis where it does not fit, never within a wide character", () => {
    assert.equal(fit("uplink", 6), "uplink");
    assert.equal(fit("uplinks", 6), "uplin…");
    assert.equal(fit("日本語", 6), "日本語");
    assert.equal(fit("日本語", 5), "日本…");
    assert.equal(fit("日本語", 4), "日…");
    assert.equal(fit("日本語", 1), "…");
    assert.equal(fit("x", 0), "");
  });

  test("of generated text, however it is cut, is obeyed by no terminal and fits", () => {
    check(
      fc.property(fc.string({ unit: "binary", maxLength: 30 }), fc.nat(20), (text, width) => {
        const shown = fit(harmless(text), width);
        assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Cs}]/u);
        assert.ok(widthOf(shown) <= width);
      }),
    );
  });
});
