import assert from "node:assert/strict";
import { test } from "node:test";
import { lookOf } from "../../src/cli/format/look.js";
import { bindingLines, leaseLines, ruleLines } from "../../src/cli/guard-lines.js";

const look = lookOf({}, {});
const now = Date.parse("2026-01-01T00:00:00Z");
const mac = "02:00:00:00:00:01";

test("leases are listed by address, with the time that is left", () => {
  const lease = (address: string, state: "leased" | "free", expires: string) => ({
    ...{ network: "lab", address, mac, port: "anna", hostName: "", state },
    expires: `2026-01-01T00:${expires}:00.000Z`,
  });
  const lines = leaseLines([lease("10.0.0.10", "leased", "05"), lease("10.0.0.9", "free", "00")], now, look);
  assert.match(lines[0]!, /^NETWORK +ADDRESS +MAC +PORT +HOST +STATE +LEFT/);
  assert.match(lines[1]!, /10\.0\.0\.9 .*free/);
  assert.match(lines[2]!, /10\.0\.0\.10 .*leased +5m/);
});

test("bindings say whose an address is, and why", () => {
  const binding = {
    network: "lab",
    address: "fd00::1",
    vlan: 7,
    mac,
    port: "anna",
    origin: "first" as const,
  };
  const [, line] = bindingLines([{ ...binding, expires: "2026-01-01T00:01:00.000Z" }], now, look);
  assert.match(line!, /lab +7 +fd00::1 +02:00:00:00:00:01 +anna +first use/);
});

test("rules are listed with what they have decided", () => {
  const [, line] = ruleLines([{ network: "lab", port: "web", rule: "deny udp port 53", hits: 12 }], look);
  assert.match(line!, /lab +web +12 +deny udp port 53/);
});
