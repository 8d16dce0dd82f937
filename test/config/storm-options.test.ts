import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEndpoint } from "../../src/config/endpoint/endpoint.js";
import { formatBound, parseBound } from "../../src/config/storm-options.js";

const ANY = Number.POSITIVE_INFINITY;

test("a bound is frames a second, with a rate or without, or off", () => {
  assert.deepEqual(parseBound("10000"), { frames: 10_000, bits: ANY });
  assert.deepEqual(parseBound("100/1mbit"), { frames: 100, bits: 1e6 });
  assert.deepEqual(parseBound("0"), { frames: 0, bits: ANY });
  assert.deepEqual(parseBound("off"), { frames: ANY, bits: ANY });
});

test("a bound is written as it is read", () => {
  for (const text of ["0", "10000", "100/1mbit", "50000/1gbit", "off"])
    assert.equal(formatBound(parseBound(text)), text);
});

test("what is no bound is refused, saying how one is written", () => {
  for (const text of ["", "many", "-1", "100/", "100/1", "/1mbit", "1e3", "1234567890"])
    assert.throws(() => parseBound(text), { code: "usage" }, text);
});

test("bounds and the rest of a port's settings stand in its URL", () => {
  const url = "tap:one?storm-broadcast=100/1mbit&storm-shut=60&loop-probe=cut&stp-edge=yes&stp-priority=16";
  const { portOptions } = parseEndpoint(url, "attach");
  assert.deepEqual(portOptions.stormBroadcast, { frames: 100, bits: 1e6 });
  assert.deepEqual([portOptions.loopProbe, portOptions.stpEdge, portOptions.stpPriority], ["cut", "yes", 16]);
  assert.throws(() => parseEndpoint("tap:one?stp-priority=17", "attach"), /a multiple of 16/);
});
