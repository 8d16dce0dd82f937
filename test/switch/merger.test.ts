/** Small TCP frames of a plain port become segments on their way to a port that takes them, and nowhere else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Offload } from "../../src/frame/offload.js";
import { finish, finishedBytes } from "../../src/frame/segment.js";
import { readSegment, SegmentView } from "../../src/frame/vnet-header.js";
import { Merger } from "../../src/switch/merger.js";
import { Switch } from "../../src/switch/switch.js";
import { Choices, scripts } from "../support/choices.js";
import { FakeLink } from "../support/fake-link.js";
import { BROADCAST, batchOf, frame, macOf, octets, STRANGER } from "../support/frames.js";
import { type FrameSpec, flow, framesOf, noise, record, recordsOf } from "../support/frames-offload.js";
import { check } from "../support/generated.js";

const TCP = Offload.csum | Offload.tso4 | Offload.tso6;

/** A switch with a source and one link for each of these sets of offloads. */
function ports(source: FakeLink, ...offloads: number[]) {
  const lan = new Switch({ name: "lan", clock: { now: () => 0 } });
  const links = offloads.map((offload) => new FakeLink({ offload, maxFrame: 1_514 }));
  const [from, ...to] = [source, ...links].map((link) => lan.attach(link, { name: "port" }));
  return { source, links, from: from!, to };
}

/** Records of one TCP connection, one for each payload size. */
function tcp(sizes: number[], fields: Partial<FrameSpec> = {}, to = STRANGER): Buffer[] {
  const records = flow(sizes, fields);
  for (const one of records) Buffer.concat([octets(to), octets(macOf(99))]).copy(one, 4);
  return records;
}

/** The frames that a link has got, segments divided again. */
function finished(link: FakeLink): Buffer[] {
  const view = new SegmentView();
  return link.frames.flatMap((payload) => {
    if (!isSegment(payload)) return [payload];
    const whole = record(1, payload);
    assert.ok(readSegment(whole, 0, whole.length, view), "a merged record must be valid");
    const target = Buffer.alloc(finishedBytes(view));
    finish(whole, 0, view, target, 0);
    return framesOf(target);
  });
}

/** The flags of its virtio-net header are 1, which no address in these tests begins with. */
function isSegment(payload: Buffer): boolean {
  return payload[0] === 1;
}

/** What a port delivers in one batch, which is anyone's memory afterwards. */
function deliver(source: FakeLink, records: readonly Buffer[]): Buffer[] {
  const bytes = Buffer.concat(records);
  const frames = framesOf(Buffer.from(bytes));
  source.deliver(bytes);
  bytes.fill(0xee);
  return frames;
}

test("frames of a plain port become one segment for a port that takes segments, and are the same when divided", () => {
  for (const version of [4, 6] as const) {
    const { source, links, from, to } = ports(new FakeLink(), TCP);
    const sent = deliver(source, tcp(Array(40).fill(1_400), { version }));
    assert.equal(links[0]!.sends, 1);
    assert.equal(links[0]!.frames.length, 1);
    assert.deepEqual(finished(links[0]!), sent);
    assert.equal(to[0]!.counters.framesOut, 40, "counted as the frames that came");
    assert.equal(to[0]!.counters.bytesOut, from.counters.bytesIn);
  }
});

test("a port that does not take every kind of TCP segment gets the frames as they came", () => {
  const lacking = [
    0,
    Offload.csum,
    Offload.csum | Offload.tso4,
    Offload.csum | Offload.tso6,
    TCP & ~Offload.csum,
  ];
  const { source, links } = ports(new FakeLink(), ...lacking);
  const sent = deliver(source, tcp(Array(10).fill(1_400)));
  for (const link of links) assert.deepEqual(link.frames, sent);
});

test("a flood reaches a plain port as frames, and one beside it as a segment", () => {
  const { source, links } = ports(new FakeLink(), 0, TCP, 0, TCP | Offload.uso);
  const sent = deliver(source, tcp(Array(20).fill(1_000)));
  for (const index of [0, 2]) assert.deepEqual(links[index]!.frames, sent);
  for (const index of [1, 3]) {
    assert.equal(links[index]!.frames.length, 1);
    assert.deepEqual(finished(links[index]!), sent);
  }
});

test("frames of a port that sends segments itself are passed on as they came", () => {
  const { source, links } = ports(new FakeLink({ offload: TCP }), TCP);
  const sent = deliver(source, tcp(Array(10).fill(1_400)));
  assert.deepEqual(links[0]!.frames, sent);
});

test("a batch of a plain port is merged after one of a port that sends segments, and the reverse", () => {
  const other = new FakeLink({ offload: TCP });
  const { source, links } = ports(new FakeLink(), TCP);
  const lan = new Switch({ name: "lan", clock: { now: () => 0 } });
  for (const link of [source, other, ...links]) lan.attach(link, { name: "port" });
  const sent = [source, other, source, other].map((from) => deliver(from, tcp([900, 900, 900])));
  assert.deepEqual(
    links[0]!.frames.map((payload) => isSegment(payload)),
    [true, false, false, false, true, false, false, false],
  );
  assert.deepEqual(finished(links[0]!), sent.flat());
});

test("what waits for a busy port has been merged as well", () => {
  const { source, links } = ports(new FakeLink(), TCP);
  const [link] = links as [FakeLink];
  link.answer = () => "full";
  const sent = [1, 2].flatMap((id) => deliver(source, tcp(Array(10).fill(1_400), { id, salt: id })));
  link.answer = () => "done";
  link.drain();
  assert.equal(link.frames.length, 2);
  assert.deepEqual(finished(link), sent);
});

test("frames for other ports in between cut a flow, and nothing is lost or out of order", () => {
  const { source, links } = ports(new FakeLink(), TCP, TCP);
  for (const [index, link] of links.entries()) {
    link.deliver(batchOf(frame({ to: BROADCAST, from: macOf(index + 1) })).bytes);
  }
  const flows = [1, 2].map((host) => tcp(Array(30).fill(1_200), {}, macOf(host)));
  deliver(
    source,
    flows[0]!.flatMap((one, index) => [one, flows[1]![index]!]),
  );
  for (const [index, link] of links.entries()) {
    const own = flows[index]!.map((one) => one.subarray(4));
    assert.deepEqual(finished(link).slice(-30), own, `port ${index}`);
    assert.equal(link.frames.length, 31, "each piece is one frame long");
  }
});

test("says which ports may get merged frames", () => {
  assert.ok(Merger.suits(TCP));
  assert.ok(Merger.suits(0x7f));
  for (const part of [0, Offload.csum, TCP & ~Offload.tso6, TCP & ~Offload.tso4, Offload.uso]) {
    assert.ok(!Merger.suits(part), `${part}`);
  }
});

test("a merger's memory grows with what it merges, and a smaller batch after that is not confused by it", () => {
  const merger = new Merger();
  for (const count of [3, 40, 2, 40, 5]) {
    const records = tcp(Array(count).fill(1_000), { salt: count });
    const bytes = Buffer.concat([noise(11, 1), ...records]);
    const end = merger.merge(bytes, 11, bytes.length);
    const [merged, ...more] = recordsOf(merger.scratch.subarray(0, end));
    assert.deepEqual([merged!.kind, more.length], [1, 0]);
  }
  const single = tcp([1_000])[0]!;
  assert.equal(merger.merge(single, 0, single.length), 0, "nothing to merge");
});

test("generated mixes of flows and batches are the same after merging and dividing, whatever links answer", () => {
  check(
    fc.property(scripts(60), (script) => {
      const choices = Choices.from(script);
      const { source, links } = ports(new FakeLink(), TCP, 0);
      for (const link of links) link.answer = () => choices.of("done", "done", "full");
      const sent: Buffer[] = [];
      while (!choices.spent) {
        sent.push(...deliver(source, batch(choices)));
        for (const link of links) if (link.busy && choices.onceIn(2)) link.drain();
      }
      for (const link of links) {
        link.answer = () => "done";
        while (link.busy) link.drain();
        assert.deepEqual(sorted(finished(link)), sorted(sent));
      }
      assert.ok(!links[1]!.frames.some(isSegment));
    }),
  );
});

/** A few pieces of a few flows, with frames among them that cannot be merged. */
function batch(choices: Choices): Buffer[] {
  const records: Buffer[] = [];
  do {
    const sizes = Array.from({ length: 1 + choices.below(6) }, () => choices.of(1_400, 1_400, 700, 0));
    const version = choices.of<4 | 6>(4, 6);
    const pieces = tcp(sizes, { version, sequence: choices.below(60_000), salt: choices.below(5) });
    if (choices.onceIn(4)) pieces[choices.below(pieces.length)]![60]! ^= 0xff; // a wrong checksum
    records.push(...pieces);
  } while (choices.onceIn(3));
  return records;
}

/** Flows may overtake each other where a link is busy; `scenarios/order.test.ts` looks at the order within each. */
function sorted(frames: readonly Buffer[]): Buffer[] {
  return [...frames].sort(Buffer.compare);
}
