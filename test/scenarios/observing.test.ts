import assert from "node:assert/strict";
import { test } from "node:test";
import type { Observer } from "../../src/switch/observer.js";
import { Switch } from "../../src/switch/switch.js";
import { FakeLink } from "../support/fake-link.js";
import { BROADCAST, batchOf, frame, macOf, reserved } from "../support/frames.js";
import { largeRecord, tcpSpec } from "../support/frames-offload.js";
import { office } from "../support/topology.js";

/** An observer that writes down what it sees as "in anna 60" or "out ben 60 oversize". */
function notes(): Observer & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    saw: (direction, port, { frameLength }, _, dropped) =>
      void lines.push([direction, port.name, frameLength, ...(dropped === null ? [] : [dropped])].join(" ")),
  };
}

test("an observer sees each frame come in and go out, from when it looks until it looks away", () => {
  const { lan, anna, ben } = office();
  const observer = notes();
  ben.announces();
  const stop = lan.observe(observer);
  anna.sends(frame({ to: ben, from: anna }, 100)).reaches(ben);
  anna.sends(frame({ to: BROADCAST, from: anna }, 70));
  assert.deepEqual(observer.lines, ["in anna 100", "out ben 100", "in anna 70", "out ben 70", "out carl 70"]);
  stop();
  anna.sends(frame({ to: ben, from: anna })).reaches(ben);
  assert.equal(observer.lines.length, 5);
});

test("an observer that looks at what comes in only is shown nothing else, also by ports that come later", () => {
  const { lab, lan, anna, ben } = office();
  const observer = { ...notes(), inOnly: true as const };
  lan.observe(observer);
  const dora = lab.host("dora", lan);
  anna.sends(frame({ to: BROADCAST, from: anna }, 70)).reaches(ben, lab.everyHost[2]!, dora);
  assert.deepEqual(observer.lines, ["in anna 70"]);
});

test("an observer sees why a frame is refused, whether by the switch or by a policy", () => {
  const { lab, lan, anna } = office();
  const strict = lab.host("dora", lan, { policies: [{ admit: () => "security" }] });
  const observer = notes();
  lan.observe(observer);
  anna.sends(frame({ to: reserved(3), from: anna }, 80)).reachesNobody();
  anna.sends(frame({ to: BROADCAST, from: BROADCAST }, 81)).reachesNobody();
  strict.sends(frame({ to: BROADCAST, from: strict }, 82)).reachesNobody();
  assert.deepEqual(observer.lines, ["in anna 80 blocked", "in anna 81 malformed", "in dora 82 security"]);
});

test("an observer sees a frame in the form of the VLAN that it leaves in", () => {
  const { lab, lan, anna } = office();
  const dora = lab.host("dora", lan, { vlans: { access: 10 } });
  const observer = notes();
  lan.observe(observer);
  dora.sends(frame({ to: BROADCAST, from: dora }, 60));
  anna.sends(frame({ to: BROADCAST, from: anna, vlan: 10 }, 70));
  const [first, second] = [observer.lines.slice(0, 4), observer.lines.slice(4)];
  assert.deepEqual(first, ["in dora 60", "out anna 64", "out ben 64", "out carl 64"]);
  assert.deepEqual(second.sort(), ["in anna 70", "out ben 70", "out carl 70", "out dora 66"]);
});

test("an observer sees a segment whole where it goes out whole, and else the frames that it becomes", () => {
  const lan = new Switch({ name: "lan", clock: { now: () => 0 } });
  const links = [0x7f, 0x7f, 0].map((offload) => new FakeLink({ offload, maxFrame: 1_514 }));
  for (const [index, link] of links.entries()) lan.attach(link, { name: `port-${index}` });
  const observer = notes();
  lan.observe(observer);
  const large = largeRecord(tcpSpec({ payload: Buffer.alloc(2_000) }), 1_000);
  const length = large.length - 14;
  links[0]!.deliver(large);
  const piece = length - 1_000;
  assert.deepEqual(observer.lines.sort(), [
    `in port-0 ${length}`,
    `out port-1 ${length}`,
    `out port-2 ${piece}`,
    `out port-2 ${piece}`,
  ]);
});

test("an observer sees frames that are too long for a port, find its queue full or no link", () => {
  const lan = new Switch({ name: "lan", clock: { now: () => 0 } });
  const [source, target] = [new FakeLink(), new FakeLink({ maxFrame: 1_000 })];
  lan.attach(source, { name: "source" });
  lan.attach(target, { name: "target", queueBytes: 2_000 });
  const observer = notes();
  lan.observe(observer);
  const deliver = (bytes: number, count = 1): void =>
    source.deliver(
      batchOf(...Array.from({ length: count }, () => frame({ to: BROADCAST, from: macOf(1) }, bytes))).bytes,
    );
  deliver(1_001);
  target.answer = () => "full";
  deliver(900);
  deliver(900, 100);
  const out = observer.lines.filter((line) => line.startsWith("out"));
  assert.equal(out[0], "out target 1001 oversize");
  const { drops, framesOut } = lan.ports[1]!.counters;
  assert.ok(drops.queue > 0);
  assert.equal(out.filter((line) => line.endsWith("900 queue")).length, drops.queue);
  assert.equal(out.filter((line) => line.endsWith("900")).length, framesOut);
  lan.attach(null, { name: "down" });
  observer.lines.length = 0;
  deliver(60);
  assert.ok(observer.lines.includes("out down 60 device"), observer.lines.join());
});

test("several observers see the same, also on a port that comes later, and one may leave amid a batch", () => {
  const { lab, lan, anna } = office();
  const [one, other] = [notes(), notes()];
  lan.observe(one);
  const stop = lan.observe(other);
  const dora = lab.host("dora", lan);
  anna
    .sends(frame({ to: BROADCAST, from: anna }, 60))
    .reaches(...[...lab.everyHost].filter((host) => host !== anna));
  assert.ok(one.lines.includes("out dora 60"));
  assert.deepEqual(one.lines, other.lines);
  stop();
  const leaving = lan.observe({ saw: () => leaving() });
  dora.sends(...[1, 2, 3].map(() => frame({ to: BROADCAST, from: dora }, 61)));
  assert.equal(other.lines.length, 4);
  assert.equal(one.lines.filter((line) => line === "in dora 61").length, 3);
});
