import assert from "node:assert/strict";
import { test } from "node:test";
import { writeLoopProbe } from "../../src/frame/loop-probe.js";
import { parseMac } from "../../src/frame/mac.js";
import { MAX_FOREIGN_PROBES } from "../../src/switch/loop/foreign-probes.js";
import {
  IDLE_TICKS,
  LoopGuard,
  type LoopGuardOptions,
  MAX_CHECKS,
} from "../../src/switch/loop/loop-guard.js";
import { HOLD_MS, MAX_HOLD_MS } from "../../src/switch/loop/watched-port.js";
import type { Port } from "../../src/switch/port.js";
import type { ProtocolEvent } from "../../src/switch/protocol.js";
import { StormMeter } from "../../src/switch/storm/storm-meter.js";
import type { Switch } from "../../src/switch/switch.js";
import { BROADCAST, frame, macOf } from "../support/frames.js";
import { type Host, Lab } from "../support/topology.js";

/** Within this a loop must be found and cut. */
const LIMIT_MS = 3_000;

/** Deliveries in a millisecond where frames circle for ever. */
const FEW = 2;

interface Guarded {
  readonly lan: Switch;
  readonly events: ProtocolEvent[];
  /** Of events about loops. */
  readonly messages: () => string[];
  readonly figures: () => Readonly<Record<string, number>>;
}

function guarded(lab: Lab, options: LoopGuardOptions = {}): Guarded {
  const events: ProtocolEvent[] = [];
  const lan = lab.switch({ events: { told: (event) => void events.push(event) } });
  lan.use(new LoopGuard(options));
  const messages = () => events.filter(({ type }) => type === "loop").map(({ message }) => message);
  return { lan, events, messages, figures: () => lan.figures()["loop-probe"]! };
}

/** A switch with a guard, and a bridge without one that has two cables to it. */
function looped() {
  const lab = new Lab();
  const one = guarded(lab);
  const { anna, ben } = lab.hosts(one.lan, "anna", "ben");
  const bridge = lab.switch({ name: "bridge" });
  const cables = [lab.trunk(one.lan, bridge), lab.trunk(one.lan, bridge)] as const;
  const carl = lab.host("carl", bridge);
  return { lab, ...one, bridge, cables, anna, ben, carl };
}

function states(ports: readonly Port[]): string {
  return ports.map(({ state }) => state).join(" ");
}

/** Sends a broadcast without waiting for its end. */
function shout(host: Host): void {
  host.starts(frame({ to: BROADCAST, from: host }));
}

test("two cables to one bridge are a loop: the younger is cut within three seconds, and both are named", () => {
  const { lab, cables, anna, ben, carl, messages, events } = looped();
  shout(anna);
  lab.run(LIMIT_MS);
  lab.run(20);
  assert.equal(states(cables.map(([port]) => port)), "forwarding discarding");
  assert.equal(lab.underWay, 0, "nothing goes round");
  assert.deepEqual(messages(), [
    "a loop: what leaves by port 'bridge' comes in by port 'bridge', which is cut off until it is gone",
  ]);
  assert.equal(
    events.find(({ type }) => type === "port-state")?.message,
    "discarding: a loop with port 'bridge'",
  );
  anna.sends(frame({ to: BROADCAST, from: anna })).reaches(ben, carl);
  carl.sends(frame({ to: anna, from: carl })).reaches(anna);
});

test("a loop is found at once when its last cable is plugged in, also without any traffic", () => {
  const { lab, cables } = looped();
  lab.run(20);
  assert.equal(states(cables.map(([port]) => port)), "forwarding discarding");
});

test("a loop that is made behind two ports which have been idle for long is found by the first frame that goes round", () => {
  const lab = new Lab();
  const { lan, messages } = guarded(lab);
  const [left, right] = [lab.switch(), lab.switch()];
  const ends = [lab.trunk(lan, left), lab.trunk(lan, right)];
  const carl = lab.host("carl", left);
  lab.run(60_000);
  lab.trunk(left, right);
  shout(carl);
  lab.run(LIMIT_MS);
  assert.equal(states(ends.map(([port]) => port)), "forwarding discarding");
  assert.equal(messages().length, 1);
});

test("and without a frame by the slow probes", () => {
  const lab = new Lab();
  const { lan } = guarded(lab);
  const [left, right] = [lab.switch(), lab.switch()];
  const ends = [lab.trunk(lan, left), lab.trunk(lan, right)];
  lab.run(60_000);
  lab.trunk(left, right);
  lab.run(IDLE_TICKS * 1_000 + 1_000);
  assert.equal(states(ends.map(([port]) => port)), "forwarding discarding");
});

test("when the loop is gone the port goes on, and not before", () => {
  const { lab, lan, bridge, cables, messages } = looped();
  const [port] = cables[1];
  lab.run(60_000);
  assert.equal(port.state, "discarding");
  // The bridge loses its end of the other cable, so that nothing comes round.
  bridge.detach(cables[0][1]);
  lab.run(HOLD_MS + 3_000);
  assert.equal(port.state, "forwarding");
  assert.equal(messages().at(-1), "the loop through port 'bridge' is gone: it goes on");
  assert.equal(lan.ports.length, 4);
});

test("a loop that comes and goes is held cut for longer each time", () => {
  const lab = new Lab();
  const { lan } = guarded(lab);
  const [left, right] = [lab.switch(), lab.switch()];
  const [[,], [port]] = [lab.trunk(lan, left), lab.trunk(lan, right)];
  const held: number[] = [];
  for (let round = 0; round < 4; round++) {
    const link = lab.trunk(left, right);
    lab.run(10_000);
    assert.equal(states([port]), "discarding");
    lab.cut(link);
    let ms = 0;
    for (; states([port]) !== "forwarding" && ms < MAX_HOLD_MS; ms += 1_000) lab.run(1_000);
    held.push(ms);
  }
  for (const [round, ms] of held.entries()) {
    const expected = Math.min(MAX_HOLD_MS, HOLD_MS * 2 ** round);
    assert.ok(Math.abs(ms - expected) <= 2_000, `${held}`);
  }
});

test("of three cables two are cut; when the oldest goes the next takes over at once", () => {
  const { lab, lan, bridge, cables, anna, carl } = looped();
  const third = lab.trunk(lan, bridge);
  const ports = [...cables, third].map(([port]) => port);
  lab.run(LIMIT_MS);
  assert.equal(states(ports), "forwarding discarding discarding");
  lab.cut(cables[0]);
  lab.run(5);
  assert.equal(states(ports.slice(1)), "forwarding discarding");
  lab.run(30_000);
  assert.equal(states(ports.slice(1)), "forwarding discarding");
  carl.announces();
  anna.sends(frame({ to: carl, from: anna })).reaches(carl);
});

for (const [size, cables] of [
  [2, 2],
  [3, 3],
  [4, 4],
] as const) {
  test(`of ${size} guarded switches in a loop only one cuts it`, () => {
    for (let rotation = 0; rotation < size; rotation++) {
      const lab = new Lab();
      const all = Array.from({ length: size }, (_, index) =>
        guarded(lab, { instance: Buffer.alloc(8, 1 + ((index + rotation) % size)) }),
      );
      const ring = lab.ring(...all.map(({ lan }) => lan));
      const hosts = all.map(({ lan }, index) => lab.host(`host-${index}`, lan));
      for (const host of hosts) shout(host);
      lab.run(LIMIT_MS);
      const ports = ring.flat();
      assert.equal(ring.length, cables);
      assert.equal(ports.filter(({ state }) => state === "discarding").length, 1, states(ports));
      lab.run(60_000);
      assert.equal(ports.filter(({ state }) => state === "discarding").length, 1, states(ports));
      lab.run(20);
      const [first, ...others] = hosts;
      first!.sends(frame({ to: BROADCAST, from: first! })).reaches(...others);
    }
  });
}

/** A switch with a guard, and behind one of its ports two bridges with two cables between them. */
function echoing(options: LoopGuardOptions = {}) {
  const lab = new Lab();
  const one = guarded(lab, options);
  const anna = lab.host("anna", one.lan);
  const bridge = lab.switch({ name: "bridge" });
  const [port] = lab.trunk(one.lan, bridge);
  const next = lab.switch({ name: "next" });
  const [knot] = [lab.trunk(bridge, next), lab.trunk(bridge, next)];
  return { lab, ...one, anna, port, knot };
}

test("a loop behind a port is told of, and the port is not cut", () => {
  const { lab, port, knot, messages } = echoing();
  lab.run(4_000, FEW);
  assert.equal(port.state, "forwarding");
  assert.deepEqual(messages(), ["a loop behind port 'bridge': what leaves by it comes in by it again"]);
  lab.cut(knot);
  lab.run(10_000);
  assert.equal(messages().at(-1), "the loop behind port 'bridge' is gone");
});

test("where it is wanted, a port with a loop behind it is cut until the loop is gone", () => {
  const { lab, port, knot } = echoing({ cutsEchoes: () => true });
  lab.run(4_000, FEW);
  assert.equal(port.state, "discarding");
  lab.cut(knot);
  lab.run(10_000);
  assert.equal(port.state, "forwarding");
});

test("nobody can have a port cut by inventing probes", () => {
  const lab = new Lab();
  const instance = Buffer.alloc(8, 7);
  const { lan, figures, messages } = guarded(lab, { instance });
  const { anna, ben } = lab.hosts(lan, "anna", "ben");
  lab.run(10);
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

test("ports that are not to be probed never are, and are cut all the same", () => {
  const lab = new Lab();
  let uplink: Port | null = null;
  const { lan } = guarded(lab, { isProbed: (port) => port !== uplink });
  const bridge = lab.switch();
  const [tap] = lab.trunk(lan, bridge);
  const [near, far] = lab.cable();
  uplink = lan.attach(null, { name: "uplink" });
  bridge.attach(far, { name: "lan" });
  lan.connect(uplink, near);
  lab.run(LIMIT_MS);
  assert.equal(states([tap, uplink]), "forwarding discarding");
});
