import assert from "node:assert/strict";
import { test } from "node:test";
import { BROADCAST, frame, MULTICAST, macOf, STRANGER } from "../support/frames.js";
import { Lab, office } from "../support/topology.js";

for (const [what, to] of [
  ["broadcast", BROADCAST],
  ["multicast", MULTICAST],
  ["IPv6 multicast", "33:33:00:00:00:01"],
  ["unknown unicast", STRANGER],
] as const) {
  test(`floods ${what} to all others and never back`, () => {
    const { anna, ben, carl } = office();
    anna.sends(frame({ to, from: anna })).reaches(ben, carl);
    assert.equal(anna.port.counters.floods, 1);
    assert.equal(ben.port.counters.framesOut, 1);
  });
}

test("floods a broadcast even where every host is known", () => {
  const { anna, ben, carl } = office();
  for (const host of [anna, ben, carl]) host.announces();
  carl.sends(frame({ to: BROADCAST, from: carl })).reaches(anna, ben);
});

test("never learns a group address, so nobody can attract multicast", () => {
  const { lan, anna, ben, carl } = office();
  ben.sends(frame({ to: anna, from: MULTICAST })).reachesNobody();
  ben.sends(frame({ to: anna, from: BROADCAST })).reachesNobody();
  assert.equal(ben.port.counters.drops.malformed, 2);
  assert.equal(lan.table.size, 0);
  anna.sends(frame({ to: MULTICAST, from: anna })).reaches(ben, carl);
});

test("floods to a host that came later, and not to one that has left", () => {
  const { lab, lan, anna, ben, carl } = office();
  const dora = lab.host("dora", lan);
  carl.unplug();
  anna.sends(frame({ to: BROADCAST, from: anna })).reaches(ben, dora);
});

test("gives out the lowest free port number", () => {
  const { lab, lan, ben } = office();
  ben.unplug();
  assert.equal(lab.host("dora", lan).port.id, 2);
  assert.equal(lab.host("emil", lan).port.id, 4);
  assert.deepEqual(
    lan.ports.map((port) => port.id),
    [1, 2, 3, 4],
  );
});

test("passes frames of every legal length unchanged", () => {
  const { anna, ben, carl } = office();
  for (const size of [14, 15, 17, 18, 59, 60, 1_514, 9_014, 65_549, 69_632]) {
    anna.sends(frame({ to: BROADCAST, from: anna }, size)).reaches(ben, carl);
  }
});

test("keeps networks apart, whatever their hosts are called", () => {
  const lab = new Lab();
  const [blue, red] = [lab.switch({ name: "blue" }), lab.switch({ name: "red" })];
  const { anna, ben } = lab.hosts(blue, "anna", "ben");
  const { rosa, rudi } = lab.hosts(red, "rosa", "rudi");
  anna.sends(frame({ to: BROADCAST, from: anna })).reaches(ben);
  rosa.sends(frame({ to: BROADCAST, from: rosa })).reaches(rudi);
  // The same address may exist in both.
  rudi.sends(frame({ to: BROADCAST, from: ben.mac })).reaches(rosa);
  anna.sends(frame({ to: ben, from: anna })).reaches(ben);
  assert.equal(blue.table.size, 1);
  assert.equal(red.table.size, 2);
  anna.sends(frame({ to: macOf(4), from: anna })).reaches(ben);
});
