/**
 * A small language for scenarios: switches, hosts, cables and a clock, and nothing left to chance. Whatever is sent
 * is delivered before the next line of the test runs, and time passes only when the test says so.
 *
 *     const { anna, ben, carl } = office();
 *     ben.announces();
 *     anna.sends(frame({ to: ben, from: anna })).reaches(ben);
 */
import assert from "node:assert/strict";
import type { Clock } from "../../src/clock.js";
import type { LinkCapabilities } from "../../src/link/link.js";
import { MemoryLink } from "../../src/link/memory.js";
import type { Port, PortRules } from "../../src/switch/port.js";
import { type AttachOptions, Switch, type SwitchOptions } from "../../src/switch/switch.js";
import { BROADCAST, batchOf, frame, macOf } from "./frames.js";
import { recordsOf } from "./frames-offload.js";

/** More deliveries than any scenario needs: a frame goes round in a loop. */
const TOO_MANY = 100_000;

/** Frames that a host remembers. */
const SEEN = 100;

export type HostOptions = Partial<Omit<AttachOptions, "name">> & Partial<LinkCapabilities>;

export class Lab {
  readonly clock: Clock = { now: () => this.#nowMs };
  readonly #switches: Switch[] = [];
  readonly #hosts: Host[] = [];
  readonly #deliveries: (() => void)[] = [];
  #nowMs = 0;

  get everyHost(): readonly Host[] {
    return this.#hosts;
  }

  switch(options: Partial<SwitchOptions> = {}): Switch {
    const made = new Switch({ name: `lan-${this.#switches.length + 1}`, clock: this.clock, ...options });
    this.#switches.push(made);
    return made;
  }

  /** A new host, plugged into a port of its own. */
  host(name: string, on: Switch, options: HostOptions = {}): Host {
    const host = new Host(this, name, macOf(this.#hosts.length + 1));
    this.#hosts.push(host);
    host.plugInto(on, options);
    return host;
  }

  hosts<Name extends string>(on: Switch, ...names: Name[]): Record<Name, Host> {
    const made = names.map((name) => [name, this.host(name, on)] as const);
    return Object.fromEntries(made) as Record<Name, Host>;
  }

  /** A cable from switch to switch, with rules for the first one's port; answers both ports, which go with it. */
  trunk(one: Switch, other: Switch, rules: PortRules = {}): [Port, Port] {
    const [near, far] = this.cable();
    return [this.#end(one, near, { ...rules, name: other.name }), this.#end(other, far, { name: one.name })];
  }

  /** Each switch has a cable to the next, and the last one to the first; answers the pairs of ports. */
  ring(...switches: Switch[]): [Port, Port][] {
    return switches.map((one, index) => this.trunk(one, switches[(index + 1) % switches.length]!));
  }

  /** Takes the cable behind these two ports away. */
  cut([one]: readonly [Port, Port]): void {
    one.link!.close();
  }

  cable(capabilities: Partial<LinkCapabilities> = {}): [MemoryLink, MemoryLink] {
    return MemoryLink.pair({ capabilities, schedule: (deliver) => this.#deliveries.push(deliver) });
  }

  /** Lets time pass, with the housekeeping of every second. */
  advance(ms: number): void {
    const until = this.#nowMs + ms;
    while (this.#nowMs < until) {
      this.#nowMs = Math.min(until, this.#nowMs + 1_000);
      for (const one of this.#switches) one.tick(this.#nowMs);
    }
  }

  /**
   * Lets time pass while frames are under way, at most `perMs` of them in each millisecond: so that those which
   * circle for ever do not stop the clock.
   */
  run(ms: number, perMs = 20): void {
    for (const until = this.#nowMs + ms; this.#nowMs < until; ) {
      for (let count = 0; count < perMs && this.#deliveries.length > 0; count++) this.#deliveries.shift()!();
      this.#nowMs++;
      if (this.#nowMs % 1_000 === 0) for (const one of this.#switches) one.tick(this.#nowMs);
    }
  }

  /** How many frames, or runs of them, are under way. */
  get underWay(): number {
    return this.#deliveries.length;
  }

  #end(on: Switch, link: MemoryLink, options: AttachOptions): Port {
    return on.attach(link, { ...options, closed: (port) => on.detach(port) });
  }

  /** Carries all that is under way to its end. */
  settle(): void {
    for (let count = 0; this.#deliveries.length > 0; count++) {
      assert.ok(count < TOO_MANY, "frames circle for ever");
      this.#deliveries.shift()!();
    }
  }
}

/** Three hosts on one switch: all that most scenarios need. */
export function office(options: Partial<SwitchOptions> = {}) {
  const lab = new Lab();
  const lan = lab.switch(options);
  return { lab, lan, ...lab.hosts(lan, "anna", "ben", "carl") };
}

export class Host {
  readonly name: string;
  readonly mac: string;
  /** What arrived since anyone last sent, kind 0 and 1 alike. */
  inbox: Buffer[] = [];
  /** The last of all that ever arrived. */
  readonly seen: Buffer[] = [];
  readonly #lab: Lab;
  #link: MemoryLink | null = null;
  #port: Port | null = null;
  #lan: Switch | null = null;

  constructor(lab: Lab, name: string, mac: string) {
    this.#lab = lab;
    this.name = name;
    this.mac = mac;
  }

  /** Its port, and the switch that has it. */
  get port(): Port {
    return this.#port!;
  }

  get lan(): Switch {
    return this.#lan!;
  }

  /** Takes a new port. When the cable is cut the port goes, unless `closed` says otherwise. */
  plugInto(lan: Switch, { maxFrame, offload, ...options }: HostOptions = {}): void {
    const closed = options.closed ?? ((port: Port) => lan.detach(port));
    const end = this.#take(maxFrame === undefined ? {} : { maxFrame, offload: offload ?? 0 });
    this.#lan = lan;
    this.#port = lan.attach(end, { name: this.name, ...options, closed });
  }

  /** Puts a new cable into the port that it has. */
  replug(): void {
    this.lan.connect(this.port, this.#take());
  }

  /** Cuts the cable. */
  unplug(): void {
    this.#link!.close();
    this.#lab.settle();
  }

  /** Sends the frames in one batch and waits until they have arrived. */
  sends(...frames: Buffer[]): Delivery {
    for (const host of this.#lab.everyHost) host.inbox = [];
    const { bytes, start, end } = batchOf(...frames);
    this.#link!.send(bytes, start, end);
    this.#lab.settle();
    return new Delivery(this.#lab, frames);
  }

  /** Sends the frames in one batch; they arrive while time passes. */
  starts(...frames: Buffer[]): void {
    const { bytes, start, end } = batchOf(...frames);
    this.#link!.send(bytes, start, end);
  }

  /** Tells everyone its address, as gratuitous ARP does. */
  announces(vlan?: number): Delivery {
    const header = { to: BROADCAST, from: this };
    return this.sends(frame(vlan === undefined ? header : { ...header, vlan }));
  }

  /** Fails unless these frames, and no others, have arrived since anyone last sent. */
  got(...frames: Buffer[]): void {
    const digests = [this.inbox, frames].map((list) => list.map((one) => one.toString("hex", 0, 64)));
    assert.deepEqual(digests[0], digests[1], `what reached ${this.name}`);
    for (const [index, one] of frames.entries()) {
      assert.ok(this.inbox[index]!.equals(one), `the end of frame ${index} that reached ${this.name}`);
    }
  }

  #take(capabilities: Partial<LinkCapabilities> = {}): MemoryLink {
    const [near, far] = this.#lab.cable(capabilities);
    this.#link = near;
    near.start({
      batch: ({ bytes, start, end }) => {
        const payloads = recordsOf(bytes.subarray(start, end)).map(({ payload }) => payload);
        this.inbox.push(...payloads);
        this.seen.splice(0, this.seen.push(...payloads) - SEEN);
      },
      drain: () => undefined,
      dropped: () => undefined,
      close: () => undefined,
    });
    return far;
  }
}

/** What became of the frames that one host sent. */
export class Delivery {
  readonly #lab: Lab;
  readonly #frames: Buffer[];

  constructor(lab: Lab, frames: Buffer[]) {
    this.#lab = lab;
    this.#frames = frames;
  }

  /** Fails unless these hosts got all of the frames, unchanged and in order, and nobody else any. */
  reaches(...hosts: Host[]): void {
    for (const host of this.#lab.everyHost) host.got(...(hosts.includes(host) ? this.#frames : []));
  }

  reachesNobody(): void {
    this.reaches();
  }
}
