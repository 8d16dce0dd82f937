import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMac } from "../../src/frame/mac.js";
import { LoopGuard } from "../../src/switch/loop/loop-guard.js";
import type { Port } from "../../src/switch/port.js";
import type { ProtocolEvent } from "../../src/switch/protocol.js";
import { SpanningTree } from "../../src/switch/spanning-tree/spanning-tree.js";
import { BPDUS_PER_SECOND, GUARD_MS } from "../../src/switch/spanning-tree/tree-member.js";
import { USUAL_BRIDGE } from "../../src/switch/spanning-tree/tree-rules.js";
import type { Switch } from "../../src/switch/switch.js";
import { bpdu, frame, macOf, reserved } from "../support/frames.js";
import { Lab } from "../support/topology.js";

/** For what is sent in the last tick, ms. */
const A_LITTLE = 20;

interface Tree {
  readonly lan: Switch;
  readonly told: string[];
}

/** Switches with RSTP, of which the first is the root. */
function trees(lab: Lab, count: number): Tree[] {
  return Array.from({ length: count }, (_, index) => {
    const told: string[] = [];
    const note = ({ type, message }: ProtocolEvent): void =>
      void (type === "spanning-tree" && told.push(message));
    const lan = lab.switch({ events: { told: note } });
    const rules = { ...USUAL_BRIDGE, priority: 0x1000 * (index + 1) };
    lan.use(new SpanningTree({ mac: parseMac(macOf(0x9000 + index)), rules }));
    return { lan, told };
  });
}

function states(ports: readonly Port[]): string[] {
  return ports.map(({ state, role }) => `${role} ${state}`);
}

/** Three switches in a ring, with a host each. */
function ring(size = 3) {
  const lab = new Lab();
  const all = trees(lab, size);
  const cables = lab.ring(...all.map(({ lan }) => lan));
  const hosts = all.map(({ lan }, index) => lab.host(`host-${index}`, lan, { tree: { edge: "yes" } }));
  lab.run(4_000 + A_LITTLE);
  return { lab, all, cables, hosts };
}

for (const size of [3, 4]) {
  test(`a ring of ${size} is cut in one place, and every host reaches every other`, () => {
    const { lab, all, cables, hosts } = ring(size);
    const closed = cables.flat().filter(({ state }) => state === "discarding");
    assert.deepEqual(states(closed), ["alternate discarding"]);
    for (const host of hosts) host.announces().reaches(...hosts.filter((other) => other !== host));
    hosts[0]!.sends(frame({ to: hosts[1]!, from: hosts[0]! })).reaches(hosts[1]!);
    assert.deepEqual(all[0]!.told, []);
    assert.match(all[1]!.told.at(-1)!, /^the root of the spanning tree is 1000\.02:00:00:00:90:00, by port/);
    assert.equal(lab.underWay, 0);
  });
}

test("when a cable is cut the way round it opens, and addresses are learned anew", () => {
  const { lab, cables, hosts } = ring();
  const [anna, ben, carl] = hosts as [(typeof hosts)[0], (typeof hosts)[0], (typeof hosts)[0]];
  for (const host of hosts) host.announces();
  lab.cut(cables[0]!);
  lab.run(2_000 + A_LITTLE);
  anna.sends(frame({ to: ben, from: anna })).reaches(ben, carl); // flooded, since the way is new
  ben.sends(frame({ to: anna, from: ben })).reaches(anna);
  assert.ok(cables.slice(1).every((pair) => pair.every(({ state }) => state === "forwarding")));
});

test("without the root another one is found", () => {
  const { lab, all, cables, hosts } = ring();
  for (const cable of [cables[0]!, cables[2]!]) lab.cut(cable);
  lab.run(8_000 + A_LITTLE);
  assert.equal(all[1]!.told.at(-1), "this switch is the root of the spanning tree");
  hosts[1]!.announces().reaches(hosts[2]!);
});

test("of parallel cables one carries frames, and the next takes its place", () => {
  const lab = new Lab();
  const [one, other] = trees(lab, 2);
  const cables = [0, 1, 2].map(() => lab.trunk(one!.lan, other!.lan));
  lab.run(3_000 + A_LITTLE);
  const far = () => states(cables.map(([, port]) => port).filter(({ link }) => link !== null));
  assert.deepEqual(far(), ["root forwarding", "alternate discarding", "alternate discarding"]);
  lab.cut(cables[0]!);
  lab.run(1_000 + A_LITTLE);
  assert.deepEqual(far(), ["root forwarding", "alternate discarding"]);
});

test("a host waits three seconds, unless its port is known to be an edge", () => {
  const lab = new Lab();
  const [{ lan }] = trees(lab, 1) as [Tree];
  const slow = lab.host("slow", lan);
  const quick = lab.host("quick", lan, { tree: { edge: "yes" } });
  const never = lab.host("never", lan, { tree: { edge: "no" } });
  const now = () => [slow, quick, never].map(({ port }) => port.state);
  assert.deepEqual(now(), ["discarding", "forwarding", "discarding"]);
  lab.run(3_000 + A_LITTLE);
  assert.deepEqual(now(), ["forwarding", "forwarding", "discarding"]);
  lab.run(40_000 + A_LITTLE);
  assert.deepEqual(now(), ["forwarding", "forwarding", "forwarding"]);
});

test("a guarded port is shut by a BPDU, and opened when none has come for a while", () => {
  const lab = new Lab();
  const [{ lan, told }] = trees(lab, 1) as [Tree];
  const anna = lab.host("anna", lan, { tree: { edge: "yes", guard: true } });
  lab.settle();
  anna.sends(bpdu(anna)).reachesNobody();
  assert.equal(anna.port.state, "discarding");
  assert.equal(anna.port.heldBy?.why, "a BPDU came in");
  anna.sends(bpdu(anna));
  assert.deepEqual(told, ["port 'anna' is shut: a BPDU came in where no bridge may be"]);
  lab.run(GUARD_MS + 1_000 + A_LITTLE);
  assert.equal(anna.port.state, "forwarding");
});

test("a filtered port takes no part, and lets no BPDU through", () => {
  const lab = new Lab();
  const [{ lan }] = trees(lab, 1) as [Tree];
  const anna = lab.host("anna", lan, { tree: { filter: true } });
  const ben = lab.host("ben", lan, { tree: { edge: "yes" } });
  assert.equal(anna.port.state, "forwarding");
  lab.run(10_000 + A_LITTLE);
  assert.equal(anna.seen.length, 0);
  anna.sends(bpdu(anna)).reachesNobody();
  anna.announces().reaches(ben);
});

test("a flood of BPDUs is not listened to, and nonsense is malformed", () => {
  const lab = new Lab();
  const [{ lan }] = trees(lab, 1) as [Tree];
  const anna = lab.host("anna", lan);
  anna.starts(...Array.from({ length: BPDUS_PER_SECOND + 10 }, () => bpdu(anna)));
  anna.starts(frame({ to: reserved(0), from: anna }));
  lab.run(5);
  assert.equal(anna.port.counters.drops.storm, 11);
  lab.run(2_000 + A_LITTLE);
  const before = anna.port.counters.drops.malformed;
  anna.starts(frame({ to: reserved(0), from: anna }));
  lab.run(5);
  assert.equal(anna.port.counters.drops.malformed, before + 1);
});

test("a port that goes, and one that stays when the protocol goes, are free", () => {
  const lab = new Lab();
  const lan = lab.switch();
  const end = lan.use(new SpanningTree({ mac: parseMac(macOf(0x9000)) }));
  const anna = lab.host("anna", lan);
  assert.equal(anna.port.state, "discarding");
  end();
  assert.equal(anna.port.state, "forwarding");
});

test("the guard against loops leaves to the tree what the tree has closed", () => {
  const lab = new Lab();
  const all = trees(lab, 2);
  for (const { lan } of all) lan.use(new LoopGuard());
  const cables = [0, 1].map(() => lab.trunk(all[0]!.lan, all[1]!.lan));
  lab.run(30_000 + A_LITTLE);
  assert.deepEqual(
    cables.map((pair) => pair.map(({ heldBy }) => heldBy?.why ?? null)),
    [
      [null, null],
      [null, "spanning tree"],
    ],
  );
});
