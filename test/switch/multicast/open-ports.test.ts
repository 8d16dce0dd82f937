import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OpenPorts } from "../../../src/switch/multicast/open-ports.js";

describe("open ports", () => {
  test("stay open until the last of their reasons is over", () => {
    const open = new OpenPorts<string>();
    assert.ok(open.open("a", "new", 10));
    assert.ok(!open.open("a", "router", 20));
    assert.ok(!open.expire(10));
    assert.deepEqual(open.ports, ["a"]);
    assert.ok(open.expire(20));
    assert.deepEqual(open.ports, []);
  });

  test("are not closed sooner by a shorter time for the same reason", () => {
    const open = new OpenPorts<string>();
    open.open("a", "router", Number.POSITIVE_INFINITY);
    open.open("a", "router", 5);
    assert.ok(!open.expire(1_000_000));
    assert.ok(open.isOpen("a", "router", 1_000_000));
    assert.ok(!open.isOpen("a", "limit", 0));
  });

  test("close when they go, whatever for they were open", () => {
    const open = new OpenPorts<string>();
    open.open("a", "limit", 10);
    assert.ok(open.close("a"));
    assert.ok(!open.close("a"));
    assert.deepEqual(open.ports, []);
  });
});
