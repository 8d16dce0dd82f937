/**
 * Traffic for the switch alone: links that take everything and do nothing, and batches made beforehand, in which
 * every frame has a random source behind the ingress port and a random destination behind another one.
 */
import { writeHeader } from "../../src/frame/record.js";
import type { Batch, Link, Sent } from "../../src/link/link.js";
import type { Port, PortRules } from "../../src/switch/port.js";
import { Switch } from "../../src/switch/switch.js";

export const BATCH_FRAMES = 64;
/** As much as a processor's second-level cache and a bit, so that batches come from memory as they do in life. */
const ARENA_BYTES = 8 * 1_024 * 1_024;
/** Upper half of every address: locally administered. */
const PREFIX = 0x0200;

export interface Load {
  readonly hosts: number;
  readonly ports: number;
  /** Bytes of each frame. */
  readonly frameBytes: number;
  /** VLAN that all of it is in; 0 where left out. */
  readonly vlan?: number;
  /** What stands behind the addresses of each frame, as far as there is room; a type for experiments if left out. */
  readonly content?: Buffer;
  /** Rules of each port. */
  readonly rules?: () => PortRules;
}

const EXPERIMENT = Buffer.of(0x88, 0xb5);

/** Calls `body` for about `ms`; answers nanoseconds of processor time for each call. */
export function nanosecondsPerCall(ms: number, body: () => void): number {
  const before = process.cpuUsage();
  const end = performance.now() + ms;
  let calls = 0;
  while (performance.now() < end) {
    body();
    calls++;
  }
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1e3) / calls;
}

/** Takes everything and does nothing. */
export class NullLink implements Link {
  readonly kind = "null";
  readonly peer = "";
  readonly capabilities = { maxFrame: 69_632, offload: 0 };

  send(): Sent {
    return "done";
  }

  readonly start = (): void => undefined;
  readonly pause = (): void => undefined;
  readonly resume = (): void => undefined;
  readonly close = (): void => undefined;
}

/** A switch that has learned all hosts, and batches to feed it with. */
export class SwitchLoad {
  readonly switch: Switch;
  readonly #load: Load;
  readonly #batches: { port: Port; batch: Batch }[] = [];
  #next = 0;
  #now = 0;

  constructor(load: Load) {
    this.#load = load;
    const { hosts, ports } = load;
    this.switch = new Switch({ name: "bench", clock: { now: () => this.#now }, maxMacs: hosts });
    const macLimit = Math.ceil(hosts / ports);
    for (let index = 0; index < ports; index++) {
      this.switch.attach(new NullLink(), { name: `port-${index}`, macLimit, ...load.rules?.() });
    }
    for (let host = 0; host < hosts; host++) this.#learn(host);
    this.#makeBatches();
  }

  /**
   * Forwards batches for about `ms`; answers nanoseconds per frame, of processor time: the machine may be busy with
   * other things.
   */
  run(ms: number): number {
    const each = nanosecondsPerCall(ms, () => {
      for (let count = 0; count < 100; count++) this.#one();
      this.#now += 1;
    });
    return each / (100 * BATCH_FRAMES);
  }

  /** Floods broadcast frames, one to a batch, as they come in life; answers nanoseconds per frame. */
  flood(ms: number): number {
    const { port, batch } = this.#batches[0]!;
    const bytes = Buffer.from(batch.bytes.subarray(batch.start, batch.start + 4 + this.#load.frameBytes));
    bytes.fill(0xff, 4, 10);
    const broadcast = { bytes, start: 0, end: bytes.length };
    return nanosecondsPerCall(ms, () => this.switch.receive(port, broadcast, this.#now));
  }

  /** Frames that have left the switch so far. */
  get framesOut(): number {
    return this.switch.ports.reduce((sum, port) => sum + port.counters.framesOut, 0);
  }

  #one(): void {
    const { port, batch } = this.#batches[this.#next]!;
    this.#next = (this.#next + 1) % this.#batches.length;
    this.switch.receive(port, batch, this.#now);
  }

  /** Hosts are dealt to the ports in turn. */
  #learn(host: number): void {
    const port = this.switch.ports[host % this.#load.ports]!;
    this.switch.table.learn(this.#load.vlan ?? 0, PREFIX, host, port.place, 0);
  }

  #makeBatches(): void {
    const { ports, frameBytes } = this.#load;
    const batchBytes = BATCH_FRAMES * (4 + frameBytes);
    const count = Math.ceil(ARENA_BYTES / batchBytes);
    const bytes = Buffer.alloc(count * batchBytes);
    for (let index = 0; index < count; index++) {
      const start = index * batchBytes;
      const ingress = Math.floor(Math.random() * ports);
      this.#fill(bytes, start, ingress);
      this.#batches.push({
        port: this.switch.ports[ingress]!,
        batch: { bytes, start, end: start + batchBytes },
      });
    }
  }

  #fill(bytes: Buffer, start: number, ingress: number): void {
    const { frameBytes, content = EXPERIMENT } = this.#load;
    let [source, destination] = [-1, -1];
    for (let frame = 0; frame < BATCH_FRAMES; frame++) {
      const at = start + frame * (4 + frameBytes);
      source = otherThan(source, () => this.#hostBehind(ingress));
      destination = otherThan(destination, () => this.#hostNotBehind(ingress));
      writeHeader(bytes, at, 0, frameBytes);
      bytes.writeUInt16BE(PREFIX, at + 4);
      bytes.writeUInt32BE(destination, at + 6);
      bytes.writeUInt16BE(PREFIX, at + 10);
      bytes.writeUInt32BE(source, at + 12);
      content.copy(bytes, at + 16, 0, frameBytes - 12);
    }
  }

  #hostBehind(port: number): number {
    const { hosts, ports } = this.#load;
    return port + ports * Math.floor(Math.random() * Math.ceil((hosts - port) / ports));
  }

  #hostNotBehind(port: number): number {
    const { hosts, ports } = this.#load;
    const host = Math.floor(Math.random() * hosts);
    return host % ports === port ? (host + 1) % hosts : host;
  }
}

/** What `draw` gives, and not `last` where there is a choice. */
function otherThan(last: number, draw: () => number): number {
  for (let tries = 0; tries < 10; tries++) {
    const drawn = draw();
    if (drawn !== last) return drawn;
  }
  return last;
}
