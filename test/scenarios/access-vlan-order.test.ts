/**
 * Whoever touches bytes, and when, where tags are put in and taken out: links answer at random, and whatever the
 * switch no longer claims is overwritten at once.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { finish, finishedBytes } from "../../src/frame/segment.js";
import { readSegment, SegmentView } from "../../src/frame/vnet-header.js";
import { Switch } from "../../src/switch/switch.js";
import { Choices, scripts } from "../support/choices.js";
import { FakeLink } from "../support/fake-link.js";
import { BROADCAST, frame, macOf, octets } from "../support/frames.js";
import { framesOf, largeRecord, noise, record, tcpSpec } from "../support/frames-offload.js";
import { check } from "../support/generated.js";

const PORTS = [
  { accessVlan: 5, offload: 0 },
  { accessVlan: 5, offload: 0x7f },
  { accessVlan: 6, offload: 0x7f },
  { accessVlan: 0, offload: 0 },
  { accessVlan: 0, offload: 0x7f },
] as const;
const HOSTS = 10;
const GARBAGE = 0xee;

const samples = [60, 60, 300, 1_514, 5_000].map((size) =>
  record(0, frame({ to: BROADCAST, from: macOf(0) }, size)),
);
samples.push(largeRecord(tcpSpec({ payload: noise(3_000, 3) }), 1_000));

test("ports get the generated frames of their VLANs, whole and in their form, whatever links answer", () => {
  check(fc.property(scripts(60), (script) => new Trial(Choices.from(script)).run()));
});

class Trial {
  readonly #choices: Choices;
  readonly #switch = new Switch({ name: "trial", clock: { now: () => 0 } });
  readonly #links = PORTS.map(({ offload }) => new FakeLink({ offload }));
  readonly #due: Buffer[][] = PORTS.map(() => []);
  readonly #homes = new Map<string, number>();
  readonly #memory = Buffer.alloc(40_000);
  #serial = 0;

  constructor(choices: Choices) {
    this.#choices = choices;
    this.#links.forEach((link, index) => {
      const { accessVlan } = PORTS[index]!;
      const rules = accessVlan === 0 ? {} : { vlans: { access: accessVlan } };
      this.#switch.attach(link, { name: "port", queueBytes: 4_000_000, ...rules });
      link.answer = () => choices.of("done", "full");
    });
  }

  run(): void {
    while (!this.#choices.spent) {
      const index = this.#choices.below(PORTS.length);
      if (!this.#choices.onceIn(3)) this.#deliver(index);
      else if (this.#links[index]!.busy) this.#links[index]!.drain();
    }
    for (const link of this.#links) link.answer = () => "done";
    for (const link of this.#links) while (link.busy) link.drain();
    this.#links.forEach((link, index) => {
      assert.equal(link.frames.length, this.#due[index]!.length);
      assert.ok(sorted(link.frames).equals(sorted(this.#due[index]!)));
    });
  }

  #deliver(index: number): void {
    const records: Buffer[] = [];
    do records.push(this.#send(index));
    while (!this.#choices.onceIn(4) && !this.#choices.spent && records.length < 6);
    const batch = Buffer.concat(records);
    batch.copy(this.#memory);
    this.#links[index]!.deliver(this.#memory, 0, batch.length);
    this.#memory.fill(GARBAGE, 0, batch.length);
  }

  /** A record for this port to bring in, and to the others what they should get of it. */
  #send(index: number): Buffer {
    const from = macOf(index + PORTS.length * this.#choices.below(HOSTS / PORTS.length));
    const to = this.#choices.onceIn(3) ? BROADCAST : macOf(this.#choices.below(HOSTS));
    const plain = addressed(this.#choices.of(...samples), to, from, ++this.#serial);
    const { accessVlan } = PORTS[index]!;
    const tag = this.#choices.of(undefined, accessVlan, 0xa000, 5, 6, 0x6007);
    const vlan = accessVlan || (tag ?? 0) & 0xfff;
    const sent = tag === undefined ? plain : tagged(plain, tag);
    if (accessVlan !== 0 && tag !== undefined && (tag & 0xfff) !== 0 && (tag & 0xfff) !== accessVlan)
      return sent;
    this.#homes.set(`${vlan} ${from}`, index);
    const home = this.#homes.get(`${vlan} ${to}`);
    const trunk = accessVlan === 0 ? sent : tagged(plain, ((tag ?? 0) & 0xf000) | vlan);
    PORTS.forEach((port, other) => {
      if (other === index || (home !== undefined && home !== other)) return;
      if (port.accessVlan !== 0 && port.accessVlan !== vlan) return;
      this.#due[other]!.push(...received(port.accessVlan === 0 ? trunk : plain, port.offload));
    });
    return sent;
  }
}

/** What a port with these offloads gets of a record. */
function received(sent: Buffer, offload: number): Buffer[] {
  if (sent[0] === 0 || offload !== 0) return [sent.subarray(4)];
  const view = new SegmentView();
  assert.ok(readSegment(sent, 0, sent.length, view));
  const finished = Buffer.alloc(finishedBytes(view));
  finish(sent, 0, view, finished, 0);
  return framesOf(finished);
}

/** The record with a tag put in behind the addresses, and its offsets moved. */
function tagged(plain: Buffer, control: number): Buffer {
  const at = (plain[0] === 0 ? 4 : 14) + 12;
  const tag = Buffer.of(0x81, 0x00, control >>> 8, control & 0xff);
  const payload = Buffer.concat([plain.subarray(4, at), tag, plain.subarray(at)]);
  if (plain[0] === 1)
    for (const field of [2, 6]) payload.writeUInt16LE(payload.readUInt16LE(field) + 4, field);
  return record(plain[0]!, payload);
}

/** The sample with other addresses, and with a number that tells it from all others. */
function addressed(sample: Buffer, to: string, source: string, serial: number): Buffer {
  const made = Buffer.from(sample);
  const start = made[0] === 0 ? 4 : 14;
  octets(to).copy(made, start);
  octets(source).copy(made, start + 6);
  made.writeUInt32BE(serial, made[0] === 0 ? start + 14 : start + 14 + 20 + 4); // payload, TCP sequence
  return made;
}

/** Small frames may overtake; what counts here is that each arrives, whole. */
function sorted(frames: Buffer[]): Buffer {
  return Buffer.concat([...frames].sort(Buffer.compare));
}
