import assert from "node:assert/strict";
import { test } from "node:test";
import { arpRequest, BROADCAST, frame, macOf, udp } from "../support/frames.js";
import { Lab, office } from "../support/topology.js";

test("floods a frame for an address that nobody has used yet", () => {
  const { anna, ben, carl } = office();
  anna.sends(frame({ to: ben, from: anna })).reaches(ben, carl);
});

test("sends a frame for a learned address to its port only", () => {
  const { anna, ben } = office();
  ben.announces();
  anna.sends(frame({ to: ben, from: anna })).reaches(ben);
});

test("learns from any frame, so an answer goes straight back", () => {
  const { anna, ben, carl } = office();
  anna.sends(arpRequest(anna, "10.0.0.2")).reaches(ben, carl);
  ben.sends(udp({ to: anna, from: ben }, "here I am")).reaches(anna);
});

test("keeps any number of addresses behind one port", () => {
  const { anna, ben } = office();
  const guests = [101, 102, 103, 104].map(macOf);
  ben.sends(...guests.map((guest) => frame({ to: anna, from: guest })));
  for (const guest of guests) anna.sends(frame({ to: guest, from: anna })).reaches(ben);
});

test("sends a frame for a host behind the ingress port nowhere", () => {
  const { anna, ben } = office();
  ben.sends(frame({ to: anna, from: macOf(101) }));
  ben.sends(frame({ to: macOf(101), from: ben })).reachesNobody();
  assert.equal(ben.port.counters.floods, 1, "only the first one was flooded");
});

test("learns the path across several switches", () => {
  const lab = new Lab();
  const [near, middle, far] = [lab.switch(), lab.switch(), lab.switch()];
  lab.trunk(near, middle);
  lab.trunk(middle, far);
  const anna = lab.host("anna", near);
  const ben = lab.host("ben", middle);
  const carl = lab.host("carl", far);
  carl.announces().reaches(anna, ben);
  anna.sends(frame({ to: carl, from: anna })).reaches(carl);
  ben.sends(frame({ to: carl, from: ben })).reaches(carl);
});

test("shows what it has learned", () => {
  const { lab, lan, anna, ben } = office();
  anna.announces();
  lab.advance(5_000);
  ben.announces(7);
  const entries = [...lan.table.entries(lab.clock.now())];
  const shown = entries.map(({ vlan, owner, ageMs }) => [vlan, owner.name, ageMs]);
  assert.deepEqual(shown, [
    [0, "anna", 5_000],
    [7, "ben", 0],
  ]);
});

test("drops a frame from the all-zero address, and learns nothing from it", () => {
  const { lan, anna } = office();
  anna.sends(frame({ to: BROADCAST, from: "00:00:00:00:00:00" })).reachesNobody();
  assert.equal(anna.port.counters.drops.malformed, 1);
  assert.equal(lan.table.size, 0);
});
