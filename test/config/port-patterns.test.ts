import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PortPatterns, settledOptions } from "../../src/config/port-patterns.js";
import { check } from "../support/generated.js";

test("of patterns that fit, later ones count more, then the whole name, and most what the way in says", () => {
  const patterns = {
    vm1: { rate: 3 },
    "*": { rate: 1, macLimit: 1, queue: 1 },
    "vm*": { rate: 2, macLimit: 2 },
  };
  assert.deepEqual(settledOptions("vm1", patterns, {}), { rate: 3, macLimit: 2, queue: 1 });
  assert.deepEqual(settledOptions("vm2", patterns, { macLimit: 9 }), { rate: 2, macLimit: 9, queue: 1 });
  assert.deepEqual(settledOptions("tap", patterns, {}), { rate: 1, macLimit: 1, queue: 1 });
  assert.deepEqual(settledOptions("toString", {}, {}), {});
});

test("who says what a port's VLANs are says all of it", () => {
  const patterns = { "*": { trunk: "1-5", native: 1, serviceTags: true, rate: 1 }, "vm*": { vlan: 10 } };
  assert.deepEqual(settledOptions("vm1", patterns, {}), { vlan: 10, rate: 1 });
  assert.deepEqual(settledOptions("up", patterns, { tunnel: 7 }), { tunnel: 7, rate: 1 });
  assert.deepEqual(settledOptions("up", patterns, {}), patterns["*"]);
});

test("generated patterns fit the names that a regular expression says", () => {
  const text = (letters: string) => fc.stringMatching(new RegExp(`^[${letters}]{1,8}$`));
  check(
    fc.property(text("ab.*"), text("ab."), (pattern, name) => {
      const expression = new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
      const found = settledOptions(name, { [pattern]: { queue: 1 } }, {});
      assert.equal(found.queue === 1, expression.test(name), `${pattern} and ${name}`);
    }),
  );
});

test("refuses settings that do not go together", () => {
  for (const options of [
    { vlan: 1, trunk: "2" },
    { trunk: "2", tunnel: 1 },
    { native: 1 },
    { serviceTags: true, vlan: 1 },
    { trunk: "0" },
    { name: "b" },
  ])
    assert.ok(!PortPatterns.safeParse({ a: options }).success, JSON.stringify(options));
  assert.ok(PortPatterns.safeParse({ a: { trunk: "2", native: 1, serviceTags: "yes" } }).success);
});
