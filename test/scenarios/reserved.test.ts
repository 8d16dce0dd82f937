import assert from "node:assert/strict";
import { test } from "node:test";
import { RESERVED_ADDRESSES, type ReservedName } from "../../src/frame/ethernet.js";
import { bpdu, frame, reserved } from "../support/frames.js";
import { office } from "../support/topology.js";

const DIGITS = Array.from({ length: 16 }, (_, digit) => digit);

test("passes BPDUs to all others unchanged, so that bridges see a loop through it", () => {
  const { anna, ben, carl } = office();
  anna.sends(bpdu(anna)).reaches(ben, carl);
  assert.equal(anna.port.counters.drops.blocked, 0);
});

test("blocks every other reserved address by default, and counts it", () => {
  const { anna } = office();
  for (const digit of DIGITS.slice(1)) {
    anna.sends(frame({ to: reserved(digit), from: anna })).reachesNobody();
  }
  assert.equal(anna.port.counters.drops.blocked, 15);
});

test("does not learn from a frame that it blocks", () => {
  const { lan, anna } = office();
  anna.sends(frame({ to: reserved(0xe), from: anna }));
  assert.equal(lan.table.size, 0);
});

test("learns nothing from a frame that it passes on: a bridge sends BPDUs from addresses that are not its hosts'", () => {
  const moves: string[] = [];
  const { lan, anna, ben } = office({
    forwardReserved: ["lldp"],
    events: { moved: (_, __, from, to) => moves.push(`${from.name} to ${to.name}`) },
  });
  anna.announces();
  ben.sends(bpdu(anna), frame({ to: reserved(0xe), from: anna }));
  assert.deepEqual(moves, []);
  ben.sends(frame({ to: anna, from: ben })).reaches(anna);
  assert.equal(lan.table.size, 2);
});

for (const name of Object.keys(RESERVED_ADDRESSES) as ReservedName[]) {
  if (name === "pause" || name === "bpdu") continue;
  test(`forwards ${name} alone where it is allowed by name`, () => {
    const { anna, ben, carl } = office({ forwardReserved: [name] });
    for (const digit of DIGITS) {
      const sent = anna.sends(frame({ to: reserved(digit), from: anna }));
      if (digit === 0 || digit === RESERVED_ADDRESSES[name]) sent.reaches(ben, carl);
      else sent.reachesNobody();
    }
  });
}

test("never forwards PAUSE, even where it is allowed by name", () => {
  const { anna } = office({ forwardReserved: ["pause"] });
  anna.sends(frame({ to: reserved(1), from: anna })).reachesNobody();
});

test("treats the neighbours of the reserved range as plain multicast", () => {
  const { anna, ben, carl } = office();
  for (const to of ["01:80:c2:00:00:10", "01:80:c2:00:00:20", "01:80:c2:00:01:01", "01:80:c3:00:00:01"]) {
    anna.sends(frame({ to, from: anna })).reaches(ben, carl);
  }
});

test("blocks a reserved address behind a VLAN tag too", () => {
  const { anna } = office();
  anna.sends(frame({ to: reserved(2), from: anna, vlan: 10 })).reachesNobody();
});
