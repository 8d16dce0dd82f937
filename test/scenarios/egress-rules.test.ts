import assert from "node:assert/strict";
import { test } from "node:test";
import type { GroupTable } from "../../src/switch/group-table.js";
import { Horizon } from "../../src/switch/horizon.js";
import { BROADCAST, frame, MULTICAST, STRANGER } from "../support/frames.js";
import { Lab, office } from "../support/topology.js";

/** Ida and ivo are protected from each other; olaf shares a service with both. */
function shared() {
  const lab = new Lab();
  const lan = lab.switch();
  const [ida, ivo] = ["ida", "ivo"].map((name) => lab.host(name, lan, { horizons: Horizon.isolated }));
  return { lab, lan, ida: ida!, ivo: ivo!, olaf: lab.host("olaf", lan) };
}

test("protected ports reach what is shared, and not each other", () => {
  const { ida, ivo, olaf } = shared();
  ida.sends(frame({ to: BROADCAST, from: ida })).reaches(olaf);
  ivo.announces();
  ida.sends(frame({ to: STRANGER, from: ida })).reaches(olaf);
  ida.sends(frame({ to: ivo, from: ida })).reachesNobody();
  assert.equal(ida.port.counters.drops.isolated, 1);
  olaf.sends(frame({ to: BROADCAST, from: olaf })).reaches(ida, ivo);
  olaf.sends(frame({ to: ivo, from: olaf })).reaches(ivo);
});

test("a frame that came by one uplink leaves by no other, while protected ports may use them", () => {
  const { lab, lan, ida, olaf } = shared();
  const one = lab.host("one", lan, { horizons: Horizon.uplink });
  const two = lab.host("two", lan, { horizons: Horizon.uplink });
  one.sends(frame({ to: BROADCAST, from: one })).reaches(ida, lab.everyHost[1]!, olaf);
  ida.sends(frame({ to: BROADCAST, from: ida })).reaches(olaf, one, two);
  lan.detach(one.port);
  two.sends(frame({ to: BROADCAST, from: two })).reaches(ida, lab.everyHost[1]!, olaf);
});

test("a port that takes no unknown unicast gets everything else", () => {
  const { lab, lan, anna, ben, carl } = office();
  const dora = lab.host("dora", lan, { floodsUnknown: false });
  anna.sends(frame({ to: STRANGER, from: anna })).reaches(ben, carl);
  anna.sends(frame({ to: BROADCAST, from: anna })).reaches(ben, carl, dora);
  anna.sends(frame({ to: MULTICAST, from: anna })).reaches(ben, carl, dora);
  dora.announces();
  anna.sends(frame({ to: dora, from: anna })).reaches(dora);
});

test("sends a group's frames to the ports that its table names", () => {
  const { lan, anna, ben, carl } = office();
  const groups: GroupTable = {
    targets: (seen) => (seen.destinationHigh === 0xffff ? null : [anna.port, carl.port]),
  };
  lan.groups = groups;
  anna.sends(frame({ to: MULTICAST, from: anna })).reaches(carl);
  ben.sends(frame({ to: MULTICAST, from: ben })).reaches(anna, carl);
  assert.equal(anna.port.counters.floods, 0);
  anna.sends(frame({ to: BROADCAST, from: anna })).reaches(ben, carl);
  lan.groups = null;
  anna.sends(frame({ to: MULTICAST, from: anna })).reaches(ben, carl);
});

test("the ports of a group keep to who may send to whom", () => {
  const { lan, ida, ivo, olaf } = shared();
  lan.groups = { targets: () => [ida.port, ivo.port, olaf.port] };
  ida.sends(frame({ to: MULTICAST, from: ida })).reaches(olaf);
});
