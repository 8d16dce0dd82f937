/** How many addresses a port may have, and what becomes of one too many. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PortSecurity, type SecureMacs, SHUT_MS } from "../../src/switch/guard/port-security.js";
import { BROADCAST, frame, macOf } from "../support/frames.js";
import { Lab } from "../support/topology.js";

function office(rule: SecureMacs) {
  const lab = new Lab();
  const states: string[] = [];
  const lan = lab.switch({ events: { told: ({ message }) => void states.push(message) } });
  const security = new PortSecurity();
  lan.use(security);
  const mallory = lab.host("mallory", lan, { policies: [security.policyFor(rule)] });
  return { lab, lan, security, states, mallory, ...lab.hosts(lan, "anna", "ben") };
}

const from = (number: number) => frame({ to: BROADCAST, from: macOf(number) });

test("one address too many is refused, and the known ones go on", () => {
  const { mallory, anna, ben, security } = office({ limit: 2, sticky: false, action: "drop" });
  mallory.sends(from(11)).reaches(anna, ben);
  mallory.sends(from(12)).reaches(anna, ben);
  mallory.sends(from(13)).reachesNobody();
  mallory.sends(from(11)).reaches(anna, ben);
  assert.equal(mallory.port.counters.drops.security, 1);
  assert.deepEqual(security.figures(), { refused: 1, shutPorts: 0, timesShut: 0 });
});

test("an address that has aged makes room, unless addresses are sticky", () => {
  for (const sticky of [false, true]) {
    const { lab, mallory, anna, ben } = office({ limit: 1, sticky, action: "drop" });
    mallory.sends(from(11)).reaches(anna, ben);
    lab.advance(320_000);
    const delivery = mallory.sends(from(12));
    if (sticky) delivery.reachesNobody();
    else delivery.reaches(anna, ben);
  }
});

test("sticky addresses are the port's in every VLAN, and last as long as it", () => {
  const { mallory, anna, ben } = office({ limit: 1, sticky: true, action: "drop" });
  mallory.sends(frame({ to: BROADCAST, from: macOf(11), vlan: 5 })).reaches(anna, ben);
  mallory.sends(from(11)).reaches(anna, ben);
  mallory.sends(from(12)).reachesNobody();
});

test("a port is shut by the first address too many, is told of once, and opens again", () => {
  const { lab, mallory, anna, ben, states, security } = office({ limit: 1, sticky: true, action: "shut" });
  mallory.sends(from(11)).reaches(anna, ben);
  mallory.sends(from(12), from(13)).reachesNobody();
  mallory.sends(from(11)).reachesNobody();
  anna.sends(frame({ to: BROADCAST, from: anna })).reaches(ben);
  assert.equal(states.length, 1);
  assert.match(states[0]!, /discarding: 02:00:00:00:00:0c is more than the 1 addresses/);
  assert.equal(security.figures()["shutPorts"], 1);
  lab.advance(SHUT_MS);
  mallory.sends(from(11)).reaches(anna, ben);
  mallory.sends(from(12)).reachesNobody();
  assert.equal(security.figures()["timesShut"], 2);
});
