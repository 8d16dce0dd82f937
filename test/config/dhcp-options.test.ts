import assert from "node:assert/strict";
import { test } from "node:test";
import { DhcpOptions, dhcpSettings } from "../../src/config/dhcp-options.js";
import { ipOf, ipText } from "../support/dhcp.js";

const settings = (given: object) =>
  dhcpSettings(DhcpOptions.parse({ subnet: "10.20.0.0/24", ...given }), 1_400);
const wrong = (given: object): string =>
  DhcpOptions.safeParse({ subnet: "10.20.0.0/24", ...given })
    .error?.issues.map(({ message }) => message)
    .join() ?? "";

test("a subnet is enough for a DHCP server", () => {
  const { server, first, last, leaseSeconds, mtu, vlan, prefixLength } = settings({});
  assert.deepEqual([server, first, last].map(ipText), ["10.20.0.254", "10.20.0.1", "10.20.0.254"]);
  assert.deepEqual([leaseSeconds, mtu, vlan, prefixLength], [43_200, 1_400, 0, 24]);
});

test("a large subnet has a pool of 4,096 addresses unless it says which", () => {
  const { first, last } = settings({ subnet: "10.0.0.0/8" });
  assert.equal(last - first + 1, 4_096);
});

test("takes all that a DHCP server can be told", () => {
  const own = { pool: "10.20.0.9 - 10.20.0.99", server: "10.20.0.2", router: ["10.20.0.1"], vlan: 7 };
  const all = settings({
    ...own,
    static: { "02:00:00:00:00:AB": "10.20.0.5", anna: "10.20.0.6" },
    mtu: 9_000,
  });
  assert.deepEqual([all.first, all.last, all.server].map(ipText), ["10.20.0.9", "10.20.0.99", "10.20.0.2"]);
  assert.equal(all.reserved.get("02:00:00:00:00:ab"), ipOf("10.20.0.5"));
  assert.equal(all.reserved.get("anna"), ipOf("10.20.0.6"));
  assert.deepEqual([all.vlan, all.mtu], [7, 9_000]);
});

test("says what is wrong with a DHCP server", () => {
  assert.match(wrong({ subnet: "10.20.0.1/24" }), /a network, as 10\.0\.0\.0\/24/);
  assert.match(wrong({ subnet: "10.20.0.0/31" }), /\/8 to \/30/);
  assert.match(wrong({ pool: "10.21.0.1-10.21.0.9" }), /'10\.21\.0\.1-10\.21\.0\.9' is not within/);
  assert.match(wrong({ pool: "10.20.0.9-10.20.0.1" }), /two addresses/);
  assert.match(wrong({ server: "10.20.0.255" }), /is no host's address/);
  assert.match(wrong({ router: ["10.1.0.1"] }), /'10\.1\.0\.1' is no host's address/);
  assert.match(wrong({ static: { anna: "10.20.0.254" } }), /'10\.20\.0\.254' is given twice/);
  assert.match(wrong({ lease: 5 }), /60/);
  assert.match(wrong({ leas: 5 }), /leas/);
});
