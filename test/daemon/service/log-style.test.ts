import assert from "node:assert/strict";
import { test } from "node:test";
import { logStyle } from "../../../src/daemon/service/log-style.js";

const terminal = { isTerminal: true, identity: "5:1" };
const file = { isTerminal: false, identity: "8:77" };

test("a log is for people on a terminal, and JSON anywhere else", () => {
  assert.deepEqual(logStyle("auto", undefined, terminal), { json: false, priority: false });
  assert.deepEqual(logStyle("auto", undefined, file), { json: true, priority: false });
});

test("a format that was asked for is taken wherever the log goes", () => {
  for (const target of [terminal, file]) {
    assert.equal(logStyle("human", undefined, target).json, false);
    assert.equal(logStyle("json", undefined, target).json, true);
  }
});

test("lines have a priority where the journal reads this very descriptor, and not where it was sent elsewhere", () => {
  assert.deepEqual(logStyle("auto", "8:77", file), { json: true, priority: true });
  assert.deepEqual(logStyle("human", "8:77", file), { json: false, priority: true });
  assert.equal(logStyle("auto", "8:78", file).priority, false);
  assert.equal(logStyle("auto", "", file).priority, false);
});

test("by itself it looks at the standard error of this process", () => {
  assert.equal(typeof logStyle("auto").json, "boolean");
});
