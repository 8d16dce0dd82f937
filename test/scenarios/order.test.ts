/**
 * Order and ownership: links answer "done" and "full" at random and are free again in any order, and every batch is
 * overwritten as soon as the switch returns. What comes out is held against the plainest switch there can be.
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
import {
  ACK,
  flow,
  framesOf,
  largeRecord,
  noise,
  record,
  recordsOf,
  tcpSpec,
} from "../support/frames-offload.js";
import { check } from "../support/generated.js";

const HOSTS = 8;
const GARBAGE = 0xee;
/** One port takes over all offloads; the others get finished frames. */
const OFFLOADS = [0x7f, 0, 0, 0];
const PORTS = OFFLOADS.length;

/** Records, and the frames that they are in the end. */
interface Sample {
  readonly records: Buffer;
  readonly finished: Buffer[];
}

/** Makes records that tell by this number from all others. */
type Maker = (serial: number) => Buffer;

const makers: readonly Maker[] = [
  plain(60),
  plain(60),
  plain(300),
  plain(1_514),
  plain(17_000),
  segment(3_000),
  segment(0),
  burst,
];

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
  readonly #memory = Buffer.alloc(65_536);
  #serial = 0;

  constructor(choices: Choices, queueBytes: number) {
    this.#choices = choices;
    this.#switch = new Switch({ name: "trial", clock: { now: () => 0 } });
    for (const link of this.#links) {
      this.#switch.attach(link, { name: "port", queueBytes });
      link.answer = () => choices.of("done", "done", "full");
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
    this.#links[index]!.deliver(this.#memory, 0, batch.length);
    this.#memory.fill(GARBAGE, 0, batch.length);
  }

  #frames(index: number): Buffer[] {
    const records: Buffer[] = [];
    for (let length = 0; length < 40_000; length += records.at(-1)!.length) {
      const source = macOf(index + PORTS * this.#choices.below(HOSTS / PORTS));
      const target = this.#choices.below(HOSTS + 2);
      const to = target < HOSTS ? macOf(target) : target === HOSTS ? BROADCAST : STRANGER;
      const sample = addressed(this.#choices.of(...makers)(++this.#serial), to, source);
      this.#plain.receive(index, sample, { source, to });
      records.push(sample.records);
      if (this.#choices.onceIn(4) || this.#choices.spent) break;
    }
    return records;
  }

  #compare(link: FakeLink, index: number): void {
    const { framesOut, bytesOut, drops } = this.#switch.ports[index]!.counters;
    const due = this.#plain.sent[index]!;
    const got = link.frames.flatMap((payload) =>
      payload[0] === 1 ? finished(record(1, payload)) : [payload],
    );
    const dueByFlow = byFlow(due);
    for (const [flow, came] of byFlow(got)) {
      let next = 0;
      for (const one of dueByFlow.get(flow) ?? []) if (came[next]?.equals(one)) next++;
      assert.equal(next, came.length, `frame ${next} of ${flow} is changed, strange or out of order`);
    }
    if (OFFLOADS[index] !== 0 && drops.queue > 0) return; // a lost segment counts as one
    assert.equal(got.length + drops.queue, due.length, "what came and what was counted as lost");
    if (OFFLOADS[index] !== 0) return;
    assert.deepEqual([framesOut, bytesOut], [got.length, Buffer.concat(got).length]);
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
      this.sent[port]!.push(...sample.finished);
    }
  }
}

function plain(size: number): Maker {
  const made = record(0, frame({ to: STRANGER, from: STRANGER }, size));
  return (serial) => {
    made.writeUInt32BE(serial, 4 + 14);
    return made;
  };
}

/** A TCP segment of `size` bytes that is to become frames of at most 1,000. */
function segment(size: number): Maker {
  const made = largeRecord(tcpSpec({ payload: noise(size, 3) }), 1_000);
  return (serial) => {
    made.writeUInt32BE(serial, 14 + 14 + 20 + 4); // TCP sequence
    return made;
  };
}

/** Neighbouring frames of one TCP connection, which the switch may merge on their way to a port that takes segments. */
function burst(serial: number): Buffer {
  return Buffer.concat(flow([1_000, 1_000, 400], { sequence: serial * 10_000, flags: ACK }));
}

/** A copy of the records with other addresses, and what becomes of it. */
function addressed(made: Buffer, to: string, source: string): Sample {
  const records = Buffer.from(made);
  const frames: Buffer[] = [];
  for (const { kind, payload } of recordsOf(records)) {
    const start = kind === 0 ? 0 : 10;
    octets(to).copy(payload, start);
    octets(source).copy(payload, start + 6);
    frames.push(...(kind === 0 ? [payload] : finished(record(1, payload))));
  }
  return { records, finished: frames };
}

/** What `frame/segment.ts`, which has tests of its own, makes of a record of kind 1. */
function finished(made: Buffer): Buffer[] {
  const view = new SegmentView();
  assert.ok(readSegment(made, 0, made.length, view));
  const target = Buffer.alloc(finishedBytes(view));
  finish(made, 0, view, target, 0);
  return framesOf(target);
}

/** By addresses and type: all that the frames differ in. */
function byFlow(frames: Buffer[]): Map<string, Buffer[]> {
  const flows = new Map<string, Buffer[]>();
  for (const one of frames) {
    const flow = one.toString("hex", 0, 14);
    if (!flows.has(flow)) flows.set(flow, []);
    flows.get(flow)!.push(one);
  }
  return flows;
}
