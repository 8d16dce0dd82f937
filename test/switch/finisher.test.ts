import assert from "node:assert/strict";
import { test } from "node:test";
import { Offload } from "../../src/frame/offload.js";
import { Switch } from "../../src/switch/switch.js";
import { FakeLink } from "../support/fake-link.js";
import {
  buildFrame,
  buildUnfinished,
  largeRecord,
  noise,
  record,
  tcpSpec,
  vnetHeader,
} from "../support/frames-offload.js";

const TCP4 = Offload.csum | Offload.tso4;

/** A switch with a source and one link for each of these sets of offloads. */
function ports(...offloads: number[]) {
  const lan = new Switch({ name: "lan", clock: { now: () => 0 } });
  const source = new FakeLink();
  const links = offloads.map((offload) => new FakeLink({ offload, maxFrame: 1_514 }));
  const [from, ...to] = [source, ...links].map((link) => lan.attach(link, { name: "port" }));
  return { source, links, from: from!, to };
}

test("passes a segment whole to a port that lists what it needs", () => {
  const { source, links } = ports(TCP4, TCP4 | Offload.uso);
  const segment = largeRecord(tcpSpec({ payload: noise(5_000, 1) }), 1_000);
  source.deliver(segment);
  for (const link of links) assert.deepEqual(link.frames, [segment.subarray(4)]);
});

test("finishes a segment for a port that lacks any part of it", () => {
  const { source, links } = ports(0, Offload.csum, Offload.csum | Offload.tso6);
  source.deliver(largeRecord(tcpSpec({ payload: noise(5_000, 1) }), 1_000));
  for (const link of links) assert.equal(link.frames.length, 5);
  assert.deepEqual(links[0]!.frames, links[1]!.frames);
});

test("completes a checksum alone for a port that takes finished frames", () => {
  const { source, links } = ports(0);
  const spec = tcpSpec({ payload: noise(100, 2) });
  source.deliver(record(1, vnetHeader(1, 0, 0, 0, 34, 16), buildUnfinished(spec)));
  assert.deepEqual(links[0]!.frames, [buildFrame(spec)]);
});

test("never gives a port without offloads a record of kind 1, even one that needs nothing", () => {
  const { source, links } = ports(0);
  const frame = buildFrame(tcpSpec({ payload: noise(100, 2) }));
  source.deliver(record(1, vnetHeader(0, 0, 0, 0, 0, 0), frame));
  assert.deepEqual(links[0]!.frames, [frame]);
});

test("drops an offload header that does not fit its frame as malformed, once, and learns nothing", () => {
  const { source, links, from } = ports(TCP4, 0);
  source.deliver(record(1, vnetHeader(1, 1, 0, 0, 34, 16), buildUnfinished(tcpSpec())));
  assert.equal(from.counters.drops.malformed, 1);
  assert.equal(from.snapshot().macs, 0);
  for (const link of links) assert.equal(link.sends, 0);
});

test("drops a segment whose frames exceed the port's longest as oversize, and cuts no frame anew", () => {
  const { source, links, to } = ports(TCP4, 0);
  source.deliver(largeRecord(tcpSpec({ payload: noise(6_000, 1) }), 3_000));
  for (const port of to) assert.equal(port.counters.drops.oversize, 1);
  for (const link of links) assert.equal(link.sends, 0);
});

test("keeps the order of finished segments and the plain frames around them", () => {
  const { source, links } = ports(0);
  const [first, last] = [60, 61].map((size) => buildFrame(tcpSpec({ payload: noise(size, 4) })));
  const segment = largeRecord(tcpSpec({ payload: noise(2_500, 1) }), 1_000);
  source.deliver(Buffer.concat([record(0, first!), segment, segment, record(0, last!)]));
  const lengths = links[0]!.frames.map((frame) => frame.length);
  assert.deepEqual(lengths, [126, 1_066, 1_066, 566, 1_066, 1_066, 566, 127]);
});
