/** Addresses that were put behind a port by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMac } from "../../src/frame/mac.js";
import { AGE_MS } from "../../src/switch/switch.js";
import { frame, macOf } from "../support/frames.js";
import { type Host, office } from "../support/topology.js";

const printer = macOf(0xabc);

/** The printer's address belongs behind this host's port. */
function fix(host: Host, vlan = 0): void {
  const { high, low } = parseMac(printer);
  host.lan.table.fix(vlan, high, low, host.port.place);
}

test("reaches a static address that has never been heard", () => {
  const { anna, ben } = office();
  fix(ben);
  anna.sends(frame({ to: printer, from: anna })).reaches(ben);
});

test("does not move a static address, whoever speaks from it, and forwards what was said", () => {
  const moves: string[] = [];
  const events = { moved: () => moves.push("moved"), flapping: () => moves.push("flapping") };
  const { anna, ben, carl } = office({ events });
  anna.announces();
  fix(ben);
  for (let times = 0; times < 10; times++) carl.sends(frame({ to: anna, from: printer })).reaches(anna);
  anna.sends(frame({ to: printer, from: anna })).reaches(ben);
  assert.deepEqual(moves, []);
});

test("puts an address that was learned elsewhere where it is told to", () => {
  const { anna, ben, carl } = office();
  carl.sends(frame({ to: macOf(0xdef), from: printer }));
  fix(ben);
  anna.sends(frame({ to: printer, from: anna })).reaches(ben);
});

test("does not forget a static address by age, flush or want of room", () => {
  const { lab, lan, anna, ben } = office({ maxMacs: 4 });
  fix(ben);
  lab.advance(2 * AGE_MS);
  lan.table.flush();
  for (let number = 1; number < 20; number++)
    ben.sends(frame({ to: macOf(0xfff), from: macOf(0x1000 + number) }));
  anna.sends(frame({ to: printer, from: anna })).reaches(ben);
  assert.equal(lan.table.size, 4);
});

test("learns the address again once it is no longer static", () => {
  const { lan, anna, ben, carl } = office();
  fix(ben);
  const { high, low } = parseMac(printer);
  assert.equal(lan.table.unfix(0, high, low), true);
  anna.sends(frame({ to: printer, from: anna })).reaches(ben, carl);
  carl.sends(frame({ to: anna, from: printer }));
  anna.sends(frame({ to: printer, from: anna })).reaches(carl);
});

test("keeps a static address to its VLAN", () => {
  const { anna, ben, carl } = office();
  fix(ben, 5);
  anna.sends(frame({ to: printer, from: anna, vlan: 5 })).reaches(ben);
  anna.sends(frame({ to: printer, from: anna, vlan: 6 })).reaches(ben, carl);
  anna.sends(frame({ to: printer, from: anna })).reaches(ben, carl);
});

test("loses a static address with its port", () => {
  const { lan, anna, ben, carl } = office();
  fix(ben);
  ben.unplug();
  assert.equal(lan.table.size, 0);
  anna.sends(frame({ to: printer, from: anna })).reaches(carl);
});
