/** Rules about what may come in through a port, each with a counter. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AccessList, MAX_RULES } from "../../src/switch/guard/access-list.js";
import { arpRequest, BROADCAST, frame, udp } from "../support/frames.js";
import { record, vnetHeader } from "../support/frames-offload.js";
import { Lab } from "../support/topology.js";

function office(...rules: string[]) {
  const lab = new Lab();
  const lan = lab.switch();
  const list = new AccessList(rules);
  const anna = lab.host("anna", lan, { policies: [list] });
  return { lab, lan, list, anna, ...lab.hosts(lan, "ben", "carl") };
}

test("the first rule that fits decides, and what none fits may pass", () => {
  const { anna, ben, carl, list } = office("allow udp dst port 5001", "deny udp", "deny vlan 9");
  const to = BROADCAST;
  anna.sends(udp({ to, from: anna }, "yes")).reaches(ben, carl);
  const other = udp({ to, from: anna }, "no");
  other.writeUInt16BE(53, 36);
  anna.sends(other).reachesNobody();
  anna.sends(frame({ to, from: anna, vlan: 9 })).reachesNobody();
  anna.sends(frame({ to, from: anna })).reaches(ben, carl);
  assert.deepEqual(
    list.rules.map(({ text, hits }) => `${text}: ${hits}`),
    ["allow udp dst port 5001: 1", "deny udp: 1", "deny vlan 9: 1"],
  );
  assert.equal(anna.port.counters.drops.acl, 2);
});

test("a last rule without a filter is for all that is left", () => {
  const { anna, ben, carl } = office("allow arp", "deny");
  anna.sends(arpRequest(anna, "10.0.0.2")).reaches(ben, carl);
  anna.sends(frame({ to: BROADCAST, from: anna })).reachesNobody();
});

test("a header that its checksum will be written over deceives no rule", () => {
  const { lan, anna, ben } = office("deny udp dst port 53");
  const sent = udp({ to: ben, from: anna }, "disguised");
  for (const [offset, drops] of [
    [2, 1],
    [6, 1],
  ] as const) {
    const bytes = record(1, vnetHeader(1, 0, 0, 0, 34, offset), sent);
    lan.receive(anna.port, { bytes, start: 0, end: bytes.length }, 0);
    assert.equal(anna.port.counters.drops.acl, drops);
  }
});

test("says what is wrong with a rule", () => {
  assert.throws(() => new AccessList(["block udp"]), { code: "usage", message: /'block udp' is no rule/ });
  assert.throws(() => new AccessList(["deny udp prt 5"]), { code: "usage" });
  assert.throws(() => new AccessList(Array(MAX_RULES + 1).fill("deny")), {
    code: "usage",
    message: /64 at most/,
  });
});
