import assert from "node:assert/strict";
import { test } from "node:test";
import { LoopGuard } from "../../src/switch/loop/loop-guard.js";
import type { ProtocolEvent } from "../../src/switch/protocol.js";
import { STORM_OVER_MS, StormControl } from "../../src/switch/storm/storm-control.js";
import { StormMeter } from "../../src/switch/storm/storm-meter.js";
import { BROADCAST, frame, MULTICAST, STRANGER } from "../support/frames.js";
import { type Host, Lab } from "../support/topology.js";

const BOUND = { frames: 200, bits: 100e6 };
/** What passes at once of a kind: half a second's worth. */
const BURST = 100;

function office(shutMs = 0) {
  const lab = new Lab();
  const events: ProtocolEvent[] = [];
  const lan = lab.switch({ events: { told: (event) => void events.push(event) } });
  lan.use(new StormControl());
  const storm = new StormMeter({ broadcast: BOUND, multicast: BOUND, unknown: BOUND }, shutMs);
  const anna = lab.host("anna", lan, { storm });
  const told = () => events.filter(({ type }) => type === "storm").map(({ message }) => message);
  return { lab, lan, told, anna, ...lab.hosts(lan, "ben", "carl") };
}

/** How many of 300 reach ben. */
function arrivals(from: Host, to: string | Host, ben: Host): number {
  from.sends(...Array.from({ length: 300 }, () => frame({ to, from })));
  return ben.inbox.length;
}

test("bounds broadcast, multicast and unknown unicast, each by itself, and nothing else", () => {
  const { anna, ben } = office();
  for (const to of [BROADCAST, MULTICAST, STRANGER]) assert.equal(arrivals(anna, to, ben), BURST);
  assert.equal(anna.port.counters.drops.storm, 3 * (300 - BURST));
  ben.announces();
  assert.equal(arrivals(anna, ben, ben), 300);
  assert.equal(arrivals(ben, BROADCAST, anna), 300, "another port has a bound of its own");
});

test("a storm is told once at its beginning and once at its end", () => {
  const { lab, told, anna, ben } = office();
  for (let seconds = 0; seconds < 4; seconds++) {
    arrivals(anna, BROADCAST, ben);
    lab.advance(1_000);
  }
  assert.deepEqual(told(), [
    "a storm: more broadcasts from port 'anna' than it may send; what is beyond is dropped",
  ]);
  lab.advance(STORM_OVER_MS);
  assert.equal(told().length, 2);
  assert.equal(
    told()[1],
    `the storm from port 'anna' is over: ${anna.port.counters.drops.storm} broadcasts were dropped`,
  );
  lab.advance(60_000);
  assert.equal(told().length, 2);
});

test("where it is wanted a storm shuts the port, and time opens it again", () => {
  const { lab, lan, told, anna, ben, carl } = office(10_000);
  arrivals(anna, BROADCAST, ben);
  lab.advance(1_000);
  assert.equal(anna.port.state, "discarding");
  assert.equal(anna.port.heldBy?.why, "a storm of broadcasts");
  assert.match(told()[0]!, /it is shut for 10 s$/);
  ben.sends(frame({ to: BROADCAST, from: ben })).reaches(carl);
  lab.advance(10_000);
  assert.equal(anna.port.state, "forwarding");
  anna.announces().reaches(ben, carl);
  assert.deepEqual(lan.figures()["storm-control"], { storms: 1, portsShut: 1 });
});

test("the storm of a loop is bounded, and ends", () => {
  const lab = new Lab();
  const lan = lab.switch();
  lan.use(new StormControl());
  const bridge = lab.switch();
  const storm = () => new StormMeter({ broadcast: BOUND, multicast: BOUND, unknown: BOUND });
  for (let count = 0; count < 2; count++) {
    const [near, far] = lab.cable();
    lan.attach(near, { name: `cable-${count}`, storm: storm() });
    bridge.attach(far, { name: "lan" });
  }
  const { ben, carl } = lab.hosts(lan, "ben", "carl");
  ben.starts(frame({ to: BROADCAST, from: ben }));
  lab.run(2_000);
  const frames = carl.seen.length;
  assert.ok(
    lan.ports.reduce((sum, { counters }) => sum + counters.floods, 0) <= 2 * (BURST + 2 * BOUND.frames) + 1,
  );
  assert.equal(frames, 100, "as many as a host remembers");
  assert.equal(lab.underWay, 0, "a loop of which every frame is dropped now and then ends");
});

test("the guard against loops is not needed for it, and finds the loop in spite of it", () => {
  const lab = new Lab();
  const lan = lab.switch();
  lan.use(new StormControl());
  lan.use(new LoopGuard());
  const bridge = lab.switch();
  const none = { frames: 0, bits: 0 };
  const ports = [0, 1].map((count) => {
    const [near, far] = lab.cable();
    bridge.attach(far, { name: "lan" });
    const storm = new StormMeter({ broadcast: none, multicast: none, unknown: none });
    return lan.attach(near, { name: `cable-${count}`, storm });
  });
  lab.run(2_000);
  assert.deepEqual(
    ports.map(({ state }) => state),
    ["forwarding", "discarding"],
  );
});
