import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameClass } from "../../src/frame/frame-class.js";
import type { Port } from "../../src/switch/port.js";
import type { Protocol, ProtocolEvent, ProtocolHost, Verdict } from "../../src/switch/protocol.js";
import { MAX_PENDING } from "../../src/switch/protocols.js";
import type { SwitchOptions } from "../../src/switch/switch.js";
import { arpRequest, BROADCAST, bpdu, ethernet, frame, macOf, reserved } from "../support/frames.js";
import { type Host, Lab } from "../support/topology.js";

/** A protocol that does what the test says, and notes what it is told. */
class Puppet implements Protocol {
  readonly name = "puppet";
  readonly classes: number;
  readonly heard: string[] = [];
  host!: ProtocolHost;
  answer: (port: Port, bytes: Buffer) => Verdict = () => null;

  constructor(classes: number) {
    this.classes = classes;
  }

  start(host: ProtocolHost): void {
    this.host = host;
  }

  take(port: Port, { bytes, frameStart, recordEnd }: Parameters<Protocol["take"]>[1]): Verdict {
    this.heard.push(`${port.name} took`);
    return this.answer(port, bytes.subarray(frameStart, recordEnd));
  }

  tick(now: number): void {
    this.heard.push(`tick ${now}`);
  }

  readonly attached = (port: Port): void => void this.heard.push(`${port.name} attached`);
  readonly linked = (port: Port): void =>
    void this.heard.push(`${port.name} ${port.link === null ? "down" : "up"}`);
  readonly detached = (port: Port): void => void this.heard.push(`${port.name} detached`);
  readonly figures = (): Record<string, number> => ({ heard: this.heard.length });
}

function office(classes: number, options: Partial<SwitchOptions> = {}) {
  const lab = new Lab();
  const events: ProtocolEvent[] = [];
  const lan = lab.switch({ events: { told: (event) => void events.push(event) }, ...options });
  const hosts = lab.hosts(lan, "anna", "ben", "carl");
  const puppet = new Puppet(classes);
  const end = lan.use(puppet);
  puppet.heard.length = 0;
  return { lab, lan, puppet, end, events, ...hosts };
}

function probe(from: Host): Buffer {
  return ethernet({ to: BROADCAST, from }, 0x88b6, Buffer.alloc(46));
}

test("shows a protocol the frames of its classes only", () => {
  const { puppet, anna, ben, carl } = office(FrameClass.arp);
  anna.sends(frame({ to: BROADCAST, from: anna })).reaches(ben, carl);
  assert.deepEqual(puppet.heard, []);
  anna.sends(arpRequest(anna, "10.0.0.2")).reaches(ben, carl);
  ben.sends(arpRequest(ben, "10.0.0.1", 7)).reaches(anna, carl);
  assert.deepEqual(puppet.heard, ["anna took", "ben took"]);
});

test("a frame that a protocol consumes is neither learned, forwarded nor counted as lost", () => {
  const { lan, puppet, anna } = office(FrameClass.arp);
  puppet.answer = () => "consumed";
  anna.sends(arpRequest(anna, "10.0.0.2")).reachesNobody();
  assert.equal(lan.table.size, 0);
  assert.equal(anna.port.counters.framesIn, 1);
  assert.deepEqual(new Set(Object.values(anna.port.counters.drops)), new Set([0]));
});

test("a frame that a protocol drops is counted and told by its reason", () => {
  const told: string[] = [];
  const { puppet, anna } = office(FrameClass.arp, {
    events: { refused: (port, reason) => void told.push(`${port.name} ${reason}`) },
  });
  puppet.answer = () => "security";
  anna.sends(arpRequest(anna, "10.0.0.2"), arpRequest(anna, "10.0.0.3")).reachesNobody();
  assert.equal(anna.port.counters.drops.security, 2);
  assert.deepEqual(told, ["anna security"]);
});

test("a protocol sees reserved addresses, also those that go no further", () => {
  const { puppet, anna, ben, carl } = office(FrameClass.reserved);
  anna.sends(bpdu(anna)).reaches(ben, carl);
  anna.sends(frame({ to: reserved(14), from: anna })).reachesNobody();
  assert.equal(anna.port.counters.drops.blocked, 1);
  puppet.answer = () => "consumed";
  anna.sends(bpdu(anna), frame({ to: reserved(2), from: anna })).reachesNobody();
  assert.equal(anna.port.counters.drops.blocked, 1);
  assert.equal(puppet.heard.length, 4);
});

test("what a protocol sends leaves after the batch, in order", () => {
  const { puppet, anna, ben, carl } = office(FrameClass.arp);
  const reply = frame({ to: anna, from: macOf(99) });
  puppet.answer = (port) => {
    puppet.host.send(port, reply);
    return null;
  };
  const [one, two] = [arpRequest(anna, "10.0.0.2"), arpRequest(anna, "10.0.0.3")];
  anna.sends(one, two);
  anna.got(reply, reply);
  for (const host of [ben, carl]) host.got(one, two);
  assert.equal(puppet.heard.length, 2, "it does not see what it has sent itself");
});

test("a protocol may send from a tick, and at any other time", () => {
  const { lab, puppet, anna, ben } = office(FrameClass.arp);
  const hello = frame({ to: BROADCAST, from: macOf(99) });
  puppet.tick = () => puppet.host.send(ben.port, hello);
  lab.advance(1_000);
  lab.settle();
  ben.got(hello);
  puppet.host.send(anna.port, hello);
  lab.settle();
  anna.got(hello);
});

test("a protocol cannot gather more than fits in one turn", () => {
  const { puppet, anna, ben } = office(FrameClass.arp);
  const hello = frame({ to: BROADCAST, from: macOf(99) });
  puppet.answer = () => {
    for (let count = 0; count < MAX_PENDING + 10; count++) puppet.host.send(ben.port, hello);
    return "consumed";
  };
  anna.sends(arpRequest(anna, "10.0.0.2"));
  assert.equal(ben.inbox.length, MAX_PENDING);
  assert.equal(ben.port.counters.drops.queue, 10);
});

test("a frame sent in a VLAN has the port's form of it, and none where the port is no member", () => {
  const { lab, lan, puppet, anna } = office(FrameClass.arp);
  const dora = lab.host("dora", lan, { vlans: { access: 5 } });
  const hello = frame({ to: BROADCAST, from: macOf(99) });
  for (const vlan of [5, 6]) for (const port of [anna.port, dora.port]) puppet.host.send(port, hello, vlan);
  lab.settle();
  dora.got(hello);
  assert.deepEqual(
    anna.inbox.map((one) => one.readUInt16BE(14)),
    [5, 6],
  );
});

test("a discarding port lets only control frames in and out", () => {
  const { lab, lan, puppet, anna, ben, carl, events } = office(
    FrameClass.loopProbe | FrameClass.reserved | FrameClass.arp,
  );
  anna.announces();
  puppet.host.setState(anna.port, "discarding", "a loop with port 'ben'");
  anna.sends(arpRequest(anna, "10.0.0.2"), frame({ to: BROADCAST, from: anna })).reachesNobody();
  assert.deepEqual(puppet.heard, [], "ordinary traffic of a blocked port is no protocol's business");
  anna.sends(probe(anna), bpdu(anna)).reachesNobody();
  assert.deepEqual(puppet.heard, ["anna took", "anna took"]);
  assert.equal(anna.port.counters.drops.blocked, 4);
  ben.sends(frame({ to: BROADCAST, from: ben })).reaches(carl);
  ben.sends(frame({ to: anna, from: ben })).reachesNobody();
  assert.equal(ben.port.counters.drops.blocked, 1, "known unicast to a blocked port");
  const hello = bpdu(macOf(99));
  puppet.host.send(anna.port, hello);
  lab.settle();
  anna.got(hello);
  assert.deepEqual(
    events.map(({ type, port, message }) => [type, port!.name, message]),
    [["port-state", "anna", "discarding: a loop with port 'ben'"]],
  );
  const shown = lan.snapshot().ports[0]!;
  assert.deepEqual([shown.state, shown.heldBy], ["discarding", "a loop with port 'ben'"]);
});

test("a learning port learns and forwards nothing", () => {
  const { lan, puppet, anna } = office(FrameClass.arp);
  puppet.host.setState(anna.port, "learning", "listening to neighbours");
  anna.sends(frame({ to: BROADCAST, from: anna })).reachesNobody();
  assert.equal(lan.table.size, 1);
  puppet.host.setState(anna.port, "forwarding", "");
  assert.equal(anna.port.state, "forwarding");
});

test("the strictest of several protocols says what becomes of a port, and each lets go for itself", () => {
  const { lan, puppet, anna, events, end } = office(FrameClass.arp);
  const other = new (class extends Puppet {
    override readonly name = "other" as "puppet";
  })(0);
  lan.use(other);
  puppet.host.setState(anna.port, "learning", "one");
  other.host.setState(anna.port, "discarding", "two");
  puppet.host.setState(anna.port, "forwarding", "done");
  assert.equal(anna.port.state, "discarding");
  other.host.setState(anna.port, "forwarding", "done");
  assert.equal(anna.port.state, "forwarding");
  assert.deepEqual(
    events.map(({ message }) => message),
    ["learning: one", "discarding: two", "forwarding: done"],
  );
  puppet.host.setState(anna.port, "discarding", "three");
  end();
  assert.equal(anna.port.state, "forwarding", "whoever is switched off holds nothing back");
});

test("tells a protocol of the ports that are there, that come, and that go", () => {
  const { lab, lan, anna } = office(FrameClass.arp);
  const late = new Puppet(FrameClass.arp);
  const end = lan.use(late);
  const dora = lab.host("dora", lan);
  dora.unplug();
  lan.detach(anna.port);
  lab.advance(1_000);
  const arrivals = ["anna attached", "ben attached", "carl attached", "dora attached"];
  assert.deepEqual(late.heard, [
    ...arrivals,
    "dora up",
    "dora down",
    "dora detached",
    "anna detached",
    "tick 1000",
  ]);
  end();
  assert.deepEqual(lan.snapshot().protocols["puppet"], { heard: 6 });
  lab.advance(1_000);
  assert.equal(late.heard.length, 9);
});

test("forgets a port's addresses, in one VLAN or in all", () => {
  const { lan, puppet, anna, ben } = office(FrameClass.arp);
  for (const vlan of [5, 6]) anna.announces(vlan);
  ben.announces();
  assert.equal(puppet.host.forget(anna.port, 5), 1);
  assert.equal(lan.table.size, 2);
  assert.equal(puppet.host.forget(anna.port), 1);
  assert.equal(lan.table.size, 1);
});
