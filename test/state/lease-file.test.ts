import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readLeases, writeLeases } from "../../src/state/lease-file.js";
import type { Lease } from "../../src/switch/dhcp/lease.js";
import { ipOf } from "../support/dhcp.js";
import { temporaryFolder } from "../support/server.js";

const lease = (address: string, state: Lease["state"]): Lease => ({
  ...{ address: ipOf(address), state, client: "0100", mac: { high: 0x0200, low: -2 } },
  ...{ portName: "anna", hostName: "laptop", expiresAt: 1_700_000_000_000 },
});

test("leases are read as they were written, but for offers, which are no promise", (t) => {
  const folder = temporaryFolder(t);
  assert.deepEqual(readLeases(folder, "lab"), []);
  const kept = [lease("10.0.0.7", "leased"), lease("10.0.0.8", "free"), lease("10.0.0.9", "conflict")];
  writeLeases(folder, "lab", [...kept, lease("10.0.0.10", "offered")]);
  assert.deepEqual(readLeases(folder, "lab"), kept);
  assert.deepEqual(readLeases(folder, "other"), []);
});

test("a damaged file of leases is named, and what to do about it", (t) => {
  const folder = temporaryFolder(t);
  for (const text of ["{", '[{"address": "x"}]', "{}"]) {
    writeFileSync(join(folder, "leases-lab.json"), text, { mode: 0o600 });
    assert.throws(() => readLeases(folder, "lab"), {
      code: "bad-state",
      message: /leases-lab\.json' is damaged.*move it away/,
    });
  }
});
