import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { formatMac } from "../../src/frame/mac.js";
import type { SwitchEvents } from "../../src/switch/switch-events.js";
import { frame, macOf } from "../support/frames.js";
import { type Host, office } from "../support/topology.js";

const laptop = macOf(0xabc);
let log: string[] = [];
const events: SwitchEvents = {
  moved: (mac, vlan, from, to) => log.push(`${formatMac(mac)}/${vlan} moved ${from.name} -> ${to.name}`),
  flapping: (mac, vlan, held, other) =>
    log.push(`${formatMac(mac)}/${vlan} flaps: held at ${held.name}, not ${other.name}`),
};

beforeEach(() => {
  log = [];
});

/** The laptop says something at this host's port. */
function roams(at: Host): void {
  at.sends(frame({ to: "ff:ff:ff:ff:ff:ff", from: laptop }));
}

test("follows an address that moves, and tells where from and where to", () => {
  const { anna, ben, carl } = office({ events });
  roams(ben);
  anna.sends(frame({ to: laptop, from: anna })).reaches(ben);
  roams(carl);
  anna.sends(frame({ to: laptop, from: anna })).reaches(carl);
  assert.deepEqual(log, [`${laptop}/0 moved ben -> carl`]);
});

test("follows three moves within ten seconds at once", () => {
  const { lab, anna, ben, carl } = office({ events });
  roams(ben);
  for (const next of [carl, ben, carl]) {
    lab.advance(1_000);
    roams(next);
    anna.sends(frame({ to: laptop, from: anna })).reaches(next);
  }
  assert.equal(log.length, 3);
});

test("holds an address from the fourth move on, and says so once with both ports", () => {
  const { anna, ben, carl } = office({ events });
  for (const next of [ben, carl, ben, carl, ben, ben, carl, ben]) roams(next);
  anna.sends(frame({ to: laptop, from: anna })).reaches(carl);
  assert.deepEqual(log.slice(3), [`${laptop}/0 flaps: held at carl, not ben`]);
});

test("still forwards what a held address sends from its other port", () => {
  const { anna, ben, carl } = office({ events });
  anna.announces();
  for (const next of [ben, carl, ben, carl, ben]) roams(next);
  ben.sends(frame({ to: anna, from: laptop })).reaches(anna);
});

test("follows the address again ten seconds later", () => {
  const { lab, anna, ben, carl } = office({ events });
  for (const next of [ben, carl, ben, carl, ben]) roams(next);
  lab.advance(9_000);
  roams(ben);
  anna.sends(frame({ to: laptop, from: anna })).reaches(carl);
  lab.advance(1_000);
  roams(ben);
  anna.sends(frame({ to: laptop, from: anna })).reaches(ben);
  assert.equal(log.length, 5, "three moves, one flap, one more move");
});

test("counts the ten seconds from the first move, not from when the address was learned", () => {
  const { lab, anna, ben, carl } = office({ events });
  roams(ben);
  lab.advance(9_000);
  for (const next of [carl, ben, carl]) roams(next);
  lab.advance(1_000);
  roams(ben);
  anna.sends(frame({ to: laptop, from: anna })).reaches(carl);
});

test("follows a slow wanderer for ever", () => {
  const { lab, anna, ben, carl } = office({ events });
  for (let round = 0; round < 20; round++) {
    const next = round % 2 === 0 ? ben : carl;
    roams(next);
    anna.sends(frame({ to: laptop, from: anna })).reaches(next);
    lab.advance(4_000);
  }
});

test("ends the hold when the port where the address is held goes away", () => {
  const { anna, ben, carl } = office({ events });
  for (const next of [ben, carl, ben, carl, ben]) roams(next);
  carl.unplug();
  roams(ben);
  anna.sends(frame({ to: laptop, from: anna })).reaches(ben);
});

test("damps one address and not its neighbours, nor the same address on another VLAN", () => {
  const { anna, ben, carl } = office({ events });
  for (const next of [ben, carl, ben, carl, ben]) roams(next);
  ben.sends(frame({ to: anna, from: laptop, vlan: 5 }));
  carl.sends(frame({ to: anna, from: laptop, vlan: 5 }));
  anna.sends(frame({ to: laptop, from: anna, vlan: 5 })).reaches(carl);
  anna.sends(frame({ to: laptop, from: anna })).reaches(carl);
  ben.sends(frame({ to: anna, from: macOf(0xabd) }));
  carl.sends(frame({ to: anna, from: macOf(0xabd) }));
  anna.sends(frame({ to: macOf(0xabd), from: anna })).reaches(carl);
});
