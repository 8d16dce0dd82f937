import assert from "node:assert/strict";
import { test } from "node:test";
import { lookOf } from "../../src/cli/format/look.js";
import { dropsText, portsLines } from "../../src/cli/ports-lines.js";
import type { PortView } from "../../src/control/inspect-api.js";
import { portView } from "../support/views.js";

const plain = lookOf({}, {});
const NOW = Date.parse("2026-01-01T00:03:20.000Z");
const drops = portView().drops;

function lines(now: PortView[], earlier?: PortView[]): string[] {
  const before = earlier === undefined ? undefined : { value: earlier, atMs: 0 };
  return portsLines({ now: { value: now, atMs: 1_000 }, earlier: before }, NOW, plain);
}

test("a port is a line: where, who, since when, how fast, how much, what was lost", () => {
  const now = portView(1, {
    bytesIn: 2_000_000,
    bytesOut: 100,
    vlan: 10,
    vlans: "10",
    member: "key:abc",
    drops: { ...drops, queue: 3 },
  });
  assert.deepEqual(lines([now], [portView(1, { bytesIn: 1_000_000, bytesOut: 100 })]), [
    "NETWORK  ID  NAME    STATE  SINCE  MACS          IN  OUT  TOTAL IN  TOTAL OUT  DROPS    VLAN  KIND  PEER           MEMBER",
    "default   1  port-1  up     3m20s     1  8.00Mbit/s    0    2.00MB       100B  queue:3    10  tcp   10.0.0.1:4000  key:abc",
  ]);
});

test("a port that is new has no rate yet, and one without link no peer", () => {
  const [, line] = lines([portView(2, { up: false, peer: null, kind: null })], [portView()]);
  assert.match(line!, /^default +2 +port-2 +down +3m20s +1 +- +- +0B +0B +0 +- +- +- +-$/);
});

test("a port whose number was taken over by another has the rate of the new one", () => {
  const [, line] = lines([portView(1, { bytesIn: 125 })], [portView(1, { bytesIn: 1_000_000 })]);
  assert.match(line!, /1\.00kbit\/s/);
});

test("drops are told by reason, the worst first", () => {
  assert.equal(dropsText(drops), "0");
  assert.equal(dropsText({ ...drops, vlan: 3, queue: 12_345 }), "queue:12.3k vlan:3");
});

test("a port that a protocol holds back shows its state in place of up", () => {
  const [, line] = lines([portView(1, { state: "discarding", heldBy: "a loop" })]);
  assert.match(line!, /^default +1 +port-1 +discarding /);
});

test("a port shows its role in a spanning tree", () => {
  const held = portView(2, { state: "discarding", heldBy: "spanning tree", role: "alternate" });
  const [, one, other] = lines([portView(1, { role: "root" }), held]);
  assert.match(one!, /^default +1 +port-1 +up \(root\) /);
  assert.match(other!, /^default +2 +port-2 +discarding \(alternate\) /);
});
