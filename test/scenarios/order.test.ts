/**
 * Whoever touches bytes, and when: links answer "done", "kept" and "full" at random, are finished in any order, and
 * whatever the switch no longer claims is overwritten at once. What comes out is held against the plainest switch
 * there can be.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { finish, finishedBytes } from "../../src/frame/segment.js";
import { readSegment, SegmentView } from "../../src/frame/vnet-header.js";
import { Switch } from "../../src/switch/switch.js";
import { Choices, scripts } from "../support/choices.js";
import { FakeLink } from "../support/fake-link.js";
import { BROADCAST, frame, macOf, octets, STRANGER } from "../support/frames.js";
import { framesOf, largeRecord, noise, record, tcpSpec } from "../support/frames-offload.js";
import { check } from "../support/generated.js";

const HOSTS = 8;
const GARBAGE = 0xee;
/** One port takes over all offloads; the others get finished frames. */
const OFFLOADS = [0x7f, 0, 0, 0];
const PORTS = OFFLOADS.length;

/** A record, and what a port with these offloads should get out of it. */
interface Sample {
  readonly record: Buffer;
  readonly finished: Buffer[];
}

const samples = [60, 60, 60, 300, 1_514, 17_000]
  .map(plainSample)
  .concat(segmentSample(3_000), segmentSample(0));

test("each flow of generated frames arrives whole and in order, whatever links answer", () => {
  check(fc.property(scripts(100), (script) => new Trial(Choices.from(script), 4_000_000).run()));
});

test("ports with short queues lose of generated frames exactly those that they count", () => {
  check(fc.property(scripts(120), (script) => new Trial(Choices.from(script), 4_000).run()));
});

class Trial {
  readonly #choices: Choices;
  readonly #switch: Switch;
  readonly #links = OFFLOADS.map((offload) => new FakeLink({ offload }));
  readonly #plain = new PlainSwitch();
  #memory = Buffer.alloc(65_536);
  #serial = 0;

  constructor(choices: Choices, queueBytes: number) {
    this.#choices = choices;
    this.#switch = new Switch({ name: "trial", clock: { now: () => 0 } });
    for (const link of this.#links) {
      this.#switch.attach(link, { name: "port", queueBytes });
      link.answer = () => choices.of("done", "done", "kept", "full");
    }
  }

  run(): void {
    while (!this.#choices.spent) this.#step();
    for (const link of this.#links) link.answer = () => "done";
    for (const link of this.#links) while (link.busy) link.drain();
    this.#links.forEach((link, index) => {
      this.#compare(link, index);
    });
  }

  #step(): void {
    const index = this.#choices.below(PORTS);
    if (this.#choices.onceIn(3)) this.#free(this.#links[index]!);
    else this.#deliver(index);
    if (this.#choices.onceIn(20)) this.#switch.tick(0);
  }

  #free(link: FakeLink): void {
    if (link.busy) link.drain();
  }

  /** Brings in a few frames through one port; then their memory is anyone's. */
  #deliver(index: number): void {
    const batch = Buffer.concat(this.#frames(index));
    batch.copy(this.#memory);
    if (this.#links[index]!.deliver(this.#memory, 0, batch.length) === "done") {
      this.#memory.fill(GARBAGE, 0, batch.length);
    } else this.#memory = Buffer.allocUnsafe(65_536);
  }

  #frames(index: number): Buffer[] {
    const records: Buffer[] = [];
    for (let length = 0; length < 40_000; length += records.at(-1)!.length) {
      const source = macOf(index + PORTS * this.#choices.below(HOSTS / PORTS));
      const target = this.#choices.below(HOSTS + 2);
      const to = target < HOSTS ? macOf(target) : target === HOSTS ? BROADCAST : STRANGER;
      const sample = addressed(this.#choices.of(...samples), to, source, ++this.#serial);
      this.#plain.receive(index, sample, { source, to });
      records.push(sample.record);
      if (this.#choices.onceIn(4) || this.#choices.spent) break;
    }
    return records;
  }

  #compare(link: FakeLink, index: number): void {
    const { framesOut, bytesOut, drops } = this.#switch.ports[index]!.counters;
    const due = this.#plain.sent[index]!;
    const got = link.frames;
    assert.equal(got.length + drops.queue, due.length, "what came and what was counted as lost");
    const dueByFlow = byFlow(due);
    for (const [flow, came] of byFlow(got)) {
      let next = 0;
      for (const one of dueByFlow.get(flow) ?? []) if (came[next]?.equals(one)) next++;
      assert.equal(next, came.length, `frame ${next} of ${flow} is changed, strange or out of order`);
    }
    assert.equal(framesOut, got.length);
    assert.equal(
      bytesOut,
      got.reduce((sum, one) => sum + one.length - vnetBytes(one), 0),
    );
  }
}

/** Learns for ever and knows no queues. */
class PlainSwitch {
  readonly sent: Buffer[][] = OFFLOADS.map(() => []);
  readonly #homes = new Map<string, number>();

  receive(from: number, sample: Sample, { source, to }: { source: string; to: string }): void {
    this.#homes.set(source, from);
    const home = this.#homes.get(to);
    for (let port = 0; port < PORTS; port++) {
      if (port === from || (home !== undefined && home !== port)) continue;
      this.sent[port]!.push(...(OFFLOADS[port] === 0 ? sample.finished : [sample.record.subarray(4)]));
    }
  }
}

function plainSample(size: number): Sample {
  const payload = frame({ to: STRANGER, from: STRANGER }, size);
  return { record: record(0, payload), finished: [payload] };
}

/** A TCP segment of `size` bytes that is to become frames of at most 1,000. */
function segmentSample(size: number): Sample {
  return { record: largeRecord(tcpSpec({ payload: noise(size, 3) }), 1_000), finished: [] };
}

/** The sample with other addresses, and with a number that tells it from all others. */
function addressed(sample: Sample, to: string, source: string, serial: number): Sample {
  const made = Buffer.from(sample.record);
  const start = made[0] === 0 ? 4 : 14;
  octets(to).copy(made, start);
  octets(source).copy(made, start + 6);
  made.writeUInt32BE(serial, made[0] === 0 ? start + 14 : start + 14 + 20 + 4); // payload, TCP sequence
  return { record: made, finished: made[0] === 0 ? [made.subarray(4)] : finished(made) };
}

/** What `frame/segment.ts`, which has tests of its own, makes of it. */
function finished(made: Buffer): Buffer[] {
  const view = new SegmentView();
  assert.ok(readSegment(made, 0, made.length, view));
  const target = Buffer.alloc(finishedBytes(view));
  finish(made, 0, view, target, 0);
  return framesOf(target);
}

/** By addresses and type: all that the samples differ in. */
function byFlow(payloads: Buffer[]): Map<string, Buffer[]> {
  const flows = new Map<string, Buffer[]>();
  for (const payload of payloads) {
    const start = vnetBytes(payload);
    const flow = payload.toString("hex", start, start + 14);
    if (!flows.has(flow)) flows.set(flow, []);
    flows.get(flow)!.push(payload);
  }
  return flows;
}

/** Bytes before the frame: flags of a virtio-net header are 1 here, and addresses begin with 02 or ff. */
function vnetBytes(payload: Buffer): number {
  return payload[0] === 1 ? 10 : 0;
}
