import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttachOptions } from "../../src/switch/switch.js";
import { FakeLink } from "../support/fake-link.js";
import { BROADCAST, batchOf, frame, macOf } from "../support/frames.js";
import { Lab, office } from "../support/topology.js";

/** Frames of one flow, too long to overtake anything. */
function bulk(count: number, size = 2_996): Buffer[] {
  return Array.from({ length: count }, () => frame({ to: BROADCAST, from: macOf(99) }, size));
}

/** A switch with three links that the test works by hand. */
function bench(options: Partial<AttachOptions> = {}) {
  const lan = new Lab().switch();
  const [source, slow, fast] = [new FakeLink(), new FakeLink(), new FakeLink()];
  const [, slowPort, fastPort] = [source, slow, fast].map((link) =>
    lan.attach(link, { name: "port", ...options }),
  );
  return { lan, source, slow, fast, slowPort: slowPort!, fastPort: fastPort! };
}

test("drops and counts what a full queue cannot take, and no other port notices", () => {
  const { source, slow, fast, slowPort, fastPort } = bench({ queueBytes: 30_000 });
  slow.answer = () => "full";
  const sent = bulk(50);
  for (const one of sent) source.deliver(batchOf(one).bytes);
  assert.equal(slowPort.counters.drops.queue, 40);
  assert.equal(slowPort.counters.framesOut, 10);
  assert.equal(slowPort.snapshot().queuedBytes, 30_000);
  assert.deepEqual(fast.frames, sent);
  assert.equal(fastPort.counters.drops.queue, 0);
  slow.answer = () => "done";
  slow.drain();
  assert.deepEqual(slow.frames, sent.slice(0, 10));
  assert.equal(slowPort.snapshot().queuedBytes, 0);
});

test("never holds more than its bound and what may overtake, whatever is thrown at it", () => {
  const { source, slow, slowPort } = bench({ queueBytes: 100_000 });
  slow.answer = () => "full";
  const sizes = [60, 300, 1_514, 9_014, 65_000];
  for (let index = 0; index < 300; index++) {
    const batch = batchOf(...sizes.map((size) => frame({ to: BROADCAST, from: macOf(index) }, size)));
    source.deliver(batch.bytes);
    assert.ok(slowPort.snapshot().queuedBytes <= 100_000 + 65_536);
    if (index % 100 === 99) slow.drain();
  }
  assert.ok(slowPort.memoryBytes < 1_000_000, `${slowPort.memoryBytes} bytes held`);
});

test("keeps a small frame where a large one finds no room", () => {
  const { source, slow, slowPort } = bench({ queueBytes: 5_000 });
  slow.answer = () => "full";
  const [first, large, small] = [...bulk(1, 4_000), ...bulk(1, 1_500), ...bulk(1, 60)];
  source.deliver(batchOf(first!, large!, small!).bytes);
  assert.equal(slowPort.counters.drops.queue, 1);
  slow.answer = () => "done";
  slow.drain();
  assert.deepEqual(slow.frames, [first, small]);
});

test("sends what waited as one run, not frame by frame", () => {
  const { source, slow } = bench();
  slow.answer = () => "full";
  for (const one of bulk(40)) source.deliver(batchOf(one).bytes);
  slow.answer = () => "done";
  slow.drain();
  assert.equal(slow.sends, 2, "the one that was refused, and all the rest");
  assert.equal(slow.frames.length, 40);
});

test("a free link with a small queue loses nothing of a batch that is cut up", () => {
  const { lan, source, slow, fast, slowPort, fastPort } = bench({ queueBytes: 4_096 });
  slow.deliver(batchOf(frame({ to: BROADCAST, from: macOf(1) })).bytes);
  fast.deliver(batchOf(frame({ to: BROADCAST, from: macOf(2) })).bytes);
  const [toSlow, toFast] = [macOf(1), macOf(2)].map((to) =>
    Array.from({ length: 40 }, () => frame({ to, from: macOf(99) }, 200)),
  );
  const mixed = toSlow!.flatMap((one, index) => [one, toFast![index]!]);
  lan.receive(lan.ports[0]!, batchOf(...mixed), 0);
  assert.equal(slowPort.counters.drops.queue + fastPort.counters.drops.queue, 0);
  assert.deepEqual(slow.frames.slice(1), toSlow);
  assert.deepEqual(source.frames.length, 2);
});

test("gives back the memory of a queue that could not be emptied before the first tick", () => {
  const { lan, source, slow, slowPort } = bench();
  slow.answer = () => "full";
  source.deliver(batchOf(...bulk(100)).bytes);
  lan.tick(1_000);
  assert.equal(slowPort.snapshot().queuedBytes, 100 * 3_000);
  slow.answer = () => "done";
  slow.drain();
  lan.tick(2_000);
  assert.equal(slowPort.memoryBytes, 0);
});

test("drops a frame above the longest that a port can send, and only there", () => {
  const { lab, lan, anna, ben } = office();
  const narrow = lab.host("narrow", lan, { maxFrame: 1_514 });
  const [fits, exceeds] = [1_514, 1_515].map((size) => frame({ to: BROADCAST, from: anna }, size));
  anna.sends(fits!, exceeds!);
  narrow.got(fits!);
  ben.got(fits!, exceeds!);
  assert.equal(narrow.port.counters.drops.oversize, 1);
  assert.equal(anna.port.counters.drops.oversize, 0);
});

test("drops and counts frames to a port without a link", () => {
  const { lan, anna } = office();
  const down = lan.attach(null, { name: "down" });
  anna.announces();
  assert.equal(down.counters.drops.device, 1);
  assert.equal(down.counters.framesOut, 0);
});

test("counts frames and bytes of frames in both directions", () => {
  const { lan, anna, ben, carl } = office();
  ben.announces();
  anna.sends(frame({ to: ben, from: anna }, 100), frame({ to: BROADCAST, from: anna }, 200));
  const { framesIn, bytesIn, floods } = anna.port.counters;
  assert.deepEqual({ framesIn, bytesIn, floods }, { framesIn: 2, bytesIn: 300, floods: 1 });
  const { framesOut, bytesOut } = ben.port.counters;
  assert.deepEqual({ framesOut, bytesOut }, { framesOut: 2, bytesOut: 300 });
  assert.equal(carl.port.counters.bytesOut, 60 + 200);
  assert.deepEqual(
    lan.snapshot().ports.map((port) => port.counters),
    lan.ports.map((port) => port.counters),
  );
});

test("counts what the carrier itself lost", () => {
  const { lan, anna, ben } = office();
  anna.announces();
  const link = new FakeLink();
  lan.connect(ben.port, link);
  link.loses("device", 7);
  assert.equal(ben.port.counters.drops.device, 7);
});

test("a snapshot does not change when the counters go on", () => {
  const { lan, anna, ben } = office();
  const before = lan.snapshot();
  anna.announces();
  ben.sends(frame({ to: anna, from: BROADCAST }));
  assert.equal(before.ports[0]!.counters.framesIn, 0);
  assert.equal(before.ports[1]!.counters.drops.malformed, 0);
});
