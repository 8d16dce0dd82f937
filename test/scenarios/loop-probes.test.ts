import assert from "node:assert/strict";
import { test } from "node:test";
import { writeLoopProbe } from "../../src/frame/loop-probe.js";
import { parseMac } from "../../src/frame/mac.js";
import { MAX_FOREIGN_PROBES } from "../../src/switch/loop/foreign-probes.js";
import { IDLE_TICKS, MAX_CHECKS } from "../../src/switch/loop/loop-guard.js";
import { StormMeter } from "../../src/switch/storm/storm-meter.js";
import { BROADCAST, frame, macOf } from "../support/frames.js";
import { guarded, states } from "../support/loop-guarded.js";
import { Lab } from "../support/topology.js";

test("nobody can have a port cut by inventing probes", () => {
  const lab = new Lab();
  const instance = Buffer.alloc(8, 7);
  const { lan, figures, messages } = guarded(lab, { instance });
  const { anna, ben } = lab.hosts(lan, "anna", "ben");
  lab.run(1_010);
  const forged = Buffer.alloc(60);
  const fields = { instance, port: ben.port.id, sequence: 1, from: parseMac(anna.mac) };
  writeLoopProbe(forged, fields, () => Buffer.alloc(16));
  for (let count = 0; count < MAX_CHECKS + 10; count++) anna.sends(forged);
  assert.equal(states([anna.port, ben.port]), "forwarding forwarding");
  assert.equal(figures()["forgeries"], MAX_CHECKS);
  lab.run(1_010);
  const own = anna.seen.filter((one) => one.readUInt16BE(12) === 0x88b6).at(-1);
  assert.ok(own !== undefined);
  anna.sends(own).reachesNobody();
  assert.deepEqual(messages(), ["a loop behind port 'anna': what leaves by it comes in by it again"]);
  lab.run(10_000);
  ben.sends(own);
  assert.equal(states([anna.port, ben.port]), "forwarding forwarding", "an old one is worth nothing");
});

test("frames that only look like probes: ours by address are malformed, others pass", () => {
  const lab = new Lab();
  const { lan } = guarded(lab);
  const { anna, ben } = lab.hosts(lan, "anna", "ben");
  lab.settle();
  const strange = frame({ to: "03:74:73:6c:6f:70", from: anna });
  strange.writeUInt16BE(0x88b6, 12);
  anna.sends(strange).reachesNobody();
  assert.equal(anna.port.counters.drops.malformed, 1);
  const other = frame({ to: BROADCAST, from: anna });
  other.writeUInt16BE(0x88b6, 12);
  anna.sends(other).reaches(ben);
});

/** The probe of another switch's port. */
function foreign(number: number): Buffer {
  const probe = Buffer.alloc(60);
  const signature = Buffer.alloc(16);
  signature.writeUInt32BE(number, 0);
  const fields = { instance: Buffer.alloc(8, 9), port: number, sequence: 1, from: parseMac(macOf(9)) };
  writeLoopProbe(probe, fields, () => signature);
  return probe;
}

test("probes of other switches pass once, also in a storm, and only so many of them", () => {
  const lab = new Lab();
  const { lan } = guarded(lab);
  const free = { frames: Number.POSITIVE_INFINITY, bits: Number.POSITIVE_INFINITY };
  const storm = new StormMeter({ broadcast: free, unknown: free, multicast: { ...free, frames: 0 } });
  const anna = lab.host("anna", lan, { storm });
  const ben = lab.host("ben", lan);
  lab.settle();
  anna.sends(frame({ to: "03:74:73:6c:6f:71", from: anna })).reachesNobody();
  anna.sends(foreign(1)).reaches(ben);
  anna.sends(foreign(1)).reachesNobody();
  assert.equal(anna.port.counters.drops.loop, 1);
  for (let number = 2; number <= MAX_FOREIGN_PROBES; number++) anna.sends(foreign(number)).reaches(ben);
  anna.sends(foreign(0)).reachesNobody();
  assert.equal(anna.port.counters.drops.storm, 2);
  lab.advance(2_000);
  lab.settle();
  anna.sends(foreign(0)).reaches(ben);
});

test("two VLANs that are connected are no loop", () => {
  const lab = new Lab();
  const { lan } = guarded(lab);
  const bridge = lab.switch();
  const ends = [1, 2].map((access) => {
    const [near, far] = lab.cable();
    bridge.attach(far, { name: "bridge" });
    return lan.attach(near, { name: `vlan-${access}`, vlans: { access } });
  });
  lab.run(10_000);
  assert.equal(states(ends), "forwarding forwarding");
});

test("a thousand idle ports get one probe in eight seconds each, an eighth of them at a time", () => {
  const lab = new Lab();
  const { lan, figures } = guarded(lab);
  for (let count = 0; count < 1_000; count++) lab.host(`host-${count}`, lan);
  lab.advance(20_000);
  lab.settle();
  for (let second = 0; second < IDLE_TICKS; second++) {
    const before = figures()["probesSent"]!;
    lab.advance(1_000);
    lab.settle();
    assert.equal(figures()["probesSent"]! - before, 1_000 / IDLE_TICKS);
  }
});

test("a port that is not to be probed never is, and is cut all the same", () => {
  const lab = new Lab();
  const { lan } = guarded(lab);
  const bridge = lab.switch();
  const [tap] = lab.trunk(lan, bridge);
  const [uplink] = lab.trunk(lan, bridge, { loopProbe: "off" });
  lab.run(3_000);
  assert.equal(states([tap, uplink]), "forwarding discarding");
});
