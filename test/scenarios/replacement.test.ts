import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeLink } from "../support/fake-link.js";
import { BROADCAST, batchOf, frame, macOf } from "../support/frames.js";
import { Lab, office } from "../support/topology.js";

test("a port whose link is replaced keeps its number, addresses and counters", () => {
  const { lan, anna, ben } = office();
  ben.announces();
  const { port } = ben;
  ben.replug();
  anna.sends(frame({ to: ben, from: anna })).reaches(ben);
  assert.equal(lan.ports[1], port);
  assert.equal(port.id, 2);
  assert.equal(port.counters.framesIn, 1);
  assert.equal(port.counters.framesOut, 1);
});

test("hears nothing more from a link that was replaced", () => {
  const lan = new Lab().switch();
  const [first, second, other] = [new FakeLink(), new FakeLink(), new FakeLink()];
  const ended: string[] = [];
  const port = lan.attach(first, { name: "port", closed: () => ended.push("first") });
  lan.attach(other, { name: "other" });
  lan.connect(port, second, () => ended.push("second"));
  first.deliver(batchOf(frame({ to: BROADCAST, from: macOf(1) })).bytes);
  first.close();
  assert.equal(port.link, second);
  assert.equal(other.frames.length, 0);
  assert.deepEqual(ended, []);
  second.close();
  assert.deepEqual(ended, ["second"]);
  assert.equal(port.link, null);
});

test("a new link is free even though the one before was busy", () => {
  const lan = new Lab().switch();
  const [busy, fresh, source] = [new FakeLink(), new FakeLink(), new FakeLink()];
  busy.answer = () => "full";
  const port = lan.attach(busy, { name: "port" });
  lan.attach(source, { name: "source" });
  const frames = [1, 2, 3].map(() => frame({ to: BROADCAST, from: macOf(1) }));
  source.deliver(batchOf(frames[0]!, frames[1]!).bytes);
  lan.connect(port, fresh);
  busy.drain(); // too late to matter
  source.deliver(batchOf(frames[2]!).bytes);
  assert.deepEqual(fresh.frames.at(-1), frames[2]);
  assert.equal(port.snapshot().queuedBytes, 0);
});

test("keeps the port of a link that has ended until it is detached", () => {
  const lan = new Lab().switch();
  const [ending, source] = [new FakeLink(), new FakeLink()];
  const port = lan.attach(ending, { name: "port" });
  lan.attach(source, { name: "source" });
  ending.deliver(batchOf(frame({ to: BROADCAST, from: macOf(1) })).bytes);
  ending.close();
  source.deliver(batchOf(frame({ to: macOf(1), from: macOf(2) })).bytes);
  assert.equal(port.counters.drops.device, 1);
  assert.equal(port.snapshot().kind, null);
  lan.detach(port);
  source.deliver(batchOf(frame({ to: macOf(1), from: macOf(2) })).bytes);
  assert.equal(source.frames.length, 1, "only what came before");
  assert.equal(port.counters.drops.device, 1);
});

test("a port that goes away in the middle of traffic takes nothing else with it", () => {
  const { lan, anna, ben, carl } = office();
  for (const host of [anna, ben, carl]) host.announces();
  ben.unplug();
  assert.deepEqual(
    lan.ports.map((port) => port.name),
    ["anna", "carl"],
  );
  assert.equal(lan.table.size, 2);
  anna.sends(frame({ to: ben, from: anna }), frame({ to: carl, from: anna }));
  assert.equal(carl.inbox.length, 2, "one of them flooded");
  ben.plugInto(lan);
  ben.announces().reaches(anna, carl);
  anna.sends(frame({ to: ben, from: anna })).reaches(ben);
});

test("detaching twice is once", () => {
  const { lan, ben } = office();
  const { port } = ben;
  ben.announces();
  lan.detach(port);
  lan.detach(port);
  assert.equal(lan.ports.length, 2);
  assert.equal(lan.table.size, 0);
});

test("a busy link's late drain does nothing to the port that took its number", () => {
  const lan = new Lab().switch();
  const [gone, source, heir] = [new FakeLink(), new FakeLink(), new FakeLink()];
  gone.answer = () => "full";
  const port = lan.attach(gone, { name: "gone" });
  lan.attach(source, { name: "source" });
  source.deliver(batchOf(frame({ to: BROADCAST, from: macOf(1) })).bytes);
  lan.detach(port);
  const next = lan.attach(heir, { name: "heir" });
  gone.drain();
  gone.close();
  assert.equal(next.id, port.id);
  const last = frame({ to: BROADCAST, from: macOf(1) });
  source.deliver(batchOf(last).bytes);
  assert.deepEqual(heir.frames, [last]);
});
