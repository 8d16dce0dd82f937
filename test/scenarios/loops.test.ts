import assert from "node:assert/strict";
import { test } from "node:test";
import { IDLE_TICKS } from "../../src/switch/loop/loop-guard.js";
import { HOLD_MS, MAX_HOLD_MS } from "../../src/switch/loop/watched-port.js";
import type { PortRules } from "../../src/switch/port.js";
import { BROADCAST, frame } from "../support/frames.js";
import { guarded, shout, states } from "../support/loop-guarded.js";
import { Lab } from "../support/topology.js";

/** Within this a loop must be found and cut. */
const LIMIT_MS = 3_000;

/** Deliveries in a millisecond where frames circle for ever. */
const FEW = 2;

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

test("two cables to one bridge are a loop: the younger is cut within three seconds, and both are named", () => {
  const { lab, cables, anna, ben, carl, messages, events } = looped();
  shout(anna);
  lab.run(LIMIT_MS);
  lab.run(1_020);
  assert.equal(states(cables.map(([port]) => port)), "forwarding discarding");
  assert.equal(lab.underWay, 0, "nothing goes round");
  assert.deepEqual(messages(), [
    "a loop: what leaves by port 'bridge' comes in by port 'bridge', which is cut off until it is gone",
  ]);
  assert.equal(
    events.find(({ type }) => type === "port-state")?.message,
    "discarding: a loop with port 'bridge'",
  );
  // The bridge has seen addresses flap, and holds them for a while.
  lab.run(12_020);
  anna.sends(frame({ to: BROADCAST, from: anna })).reaches(ben, carl);
  carl.sends(frame({ to: anna, from: carl })).reaches(anna);
});

test("a loop is found in the second in which its last cable is plugged in, also without any traffic", () => {
  const { lab, cables } = looped();
  lab.run(1_020);
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
function echoing(options: PortRules = {}) {
  const lab = new Lab();
  const one = guarded(lab);
  const anna = lab.host("anna", one.lan);
  const bridge = lab.switch({ name: "bridge" });
  const [port] = lab.trunk(one.lan, bridge, options);
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
  const { lab, port, knot } = echoing({ loopProbe: "cut" });
  lab.run(4_000, FEW);
  assert.equal(port.state, "discarding");
  lab.cut(knot);
  lab.run(10_000);
  assert.equal(port.state, "forwarding");
});
