/**
 * One isolated network: learns which port each address lives behind, sends known unicast there and floods the rest
 * [IEEE 802.1D-2004, 7.7-7.9]. Pure logic: it opens nothing, and its time comes from a clock that is passed in.
 */
import type { Clock } from "../clock.js";
import type { DropReason } from "../frame/drop-reason.js";
import { forwardedMask, isReserved, type ReservedName } from "../frame/ethernet.js";
import { FrameCursor } from "../frame/frame-cursor.js";
import { GROUP_BIT, type Mac } from "../frame/mac.js";
import { RecordKind } from "../frame/record.js";
import type { Batch, Link } from "../link/link.js";
import { AccessVlans } from "./access-vlans.js";
import { addCounters, type Counters, copyCounters, newCounters } from "./counters.js";
import { Finisher } from "./finisher.js";
import { MacTable } from "./mac-table.js";
import { Merger } from "./merger.js";
import { type Observer, Watch } from "./observer.js";
import { Port, type PortRules, type PortSnapshot, QUEUE_BYTES } from "./port.js";
import type { SwitchEvents } from "./switch-events.js";

/** Addresses in one network; at 65,536 two look-ups take about 80 ns and the table 4 MB. */
export const MAX_MACS = 65_536;
/** Addresses behind one port: a large site behind a bridge, yet a sixteenth of the table. */
export const MAC_LIMIT = 4_096;
/** The default of 802.1D-2004, table 7-5. */
export const AGE_MS = 300_000;
/** The MAC table is swept this many times in an age. */
const SWEEPS_PER_AGE = 32;
/** Memory of ports that have been quiet since the tick before is given back. */
const RELEASE_ABOVE_BYTES = 8_192;

export interface SwitchOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly maxMacs?: number;
  readonly ageMs?: number;
  /** Reserved addresses to flood besides BPDUs; PAUSE never is. */
  readonly forwardReserved?: readonly ReservedName[];
  readonly events?: SwitchEvents;
}

export interface AttachOptions extends PortRules {
  readonly name: string;
  readonly macLimit?: number;
  readonly queueBytes?: number;
  /** The link has ended; the port stays until `detach`. */
  readonly closed?: (port: Port, error?: Error) => void;
}

export interface SwitchSnapshot {
  readonly name: string;
  readonly macs: number;
  /** What all ports have carried, those included that are gone. */
  readonly totals: Counters;
  readonly ports: readonly PortSnapshot[];
}

export class Switch {
  readonly name: string;
  readonly table: MacTable<Port>;
  readonly #clock: Clock;
  readonly #events: SwitchEvents;
  #forwarded: number;
  #sweepMs: number;
  readonly #ports: Port[] = [];
  readonly #frame = new FrameCursor();
  readonly #finisher = new Finisher();
  readonly #merger = new Merger();
  /** Null while there is no access port. */
  #accessVlans: AccessVlans | null = null;
  /** Null while nobody looks on. */
  #watch: Watch | null = null;
  /** What ports have carried that are gone. */
  readonly #gone = newCounters();
  /** Ports with something to flush, and those that hold memory. */
  readonly #touched: Port[] = [];
  readonly #active = new Set<Port>();
  #sweptAt: number;

  constructor(options: SwitchOptions) {
    const ageMs = options.ageMs ?? AGE_MS;
    this.name = options.name;
    this.table = new MacTable({ maxEntries: options.maxMacs ?? MAX_MACS, ageMs });
    this.#clock = options.clock;
    this.#events = options.events ?? {};
    this.#forwarded = forwardedMask(options.forwardReserved ?? []);
    this.#sweepMs = ageMs / SWEEPS_PER_AGE;
    this.#sweptAt = options.clock.now();
  }

  /** Takes other rules from now on. */
  configure({ ageMs, forwardReserved }: Required<Pick<SwitchOptions, "ageMs" | "forwardReserved">>): void {
    this.table.ageMs = ageMs;
    this.#sweepMs = ageMs / SWEEPS_PER_AGE;
    this.#forwarded = forwardedMask(forwardReserved);
  }

  /** Lets a port have so many addresses from now on. */
  limit(port: Port, macLimit: number): void {
    this.table.limit(port.place, macLimit);
  }

  get ports(): readonly Port[] {
    return this.#ports;
  }

  /** Gives the link a port of its own and starts it; without a link the port is down until `connect`. */
  attach(link: Link | null, options: AttachOptions): Port {
    const { name, queueBytes = QUEUE_BYTES } = options;
    const port = new Port(this.#freeId(), name, { ...options, queueBytes, merger: this.#merger });
    if (port.accessVlan !== 0) this.#accessVlans ??= new AccessVlans();
    port.place = this.table.addPlace(port, options.macLimit ?? MAC_LIMIT);
    port.watch = this.#outWatch;
    this.#ports.push(port);
    this.#ports.sort((a, b) => a.id - b.id);
    port.connect(null, this.#clock.now());
    this.#events.attached?.(port);
    if (link !== null) this.connect(port, link, options.closed);
    return port;
  }

  /** Puts `link` behind an existing port, which keeps its number, addresses and counters. */
  connect(port: Port, link: Link, closed?: AttachOptions["closed"]): void {
    port.connect(link, this.#clock.now());
    link.start({
      batch: (batch) => {
        if (port.link === link) this.receive(port, batch, this.#clock.now());
      },
      drain: () => {
        if (port.link === link) port.drained();
      },
      dropped: (reason, frames) => port.drop(reason, frames),
      close: (error) => {
        if (port.link !== link) return;
        port.connect(null, this.#clock.now());
        closed?.(port, error);
      },
    });
  }

  /** Takes the port away, with its addresses. Does not close its link. */
  detach(port: Port): void {
    const at = this.#ports.indexOf(port);
    if (at < 0) return;
    this.#ports.splice(at, 1);
    this.#active.delete(port);
    port.connect(null, this.#clock.now());
    addCounters(this.#gone, port.counters);
    this.table.forget(port.place);
  }

  /** Shows every frame to `observer` from now on, until the answer is called. */
  observe(observer: Observer): () => void {
    this.#setObservers([...(this.#watch?.observers ?? []), observer]);
    return () => this.#setObservers((this.#watch?.observers ?? []).filter((other) => other !== observer));
  }

  /** A batch came in through `port` at `now` (ms). */
  receive(port: Port, batch: Batch, now: number): void {
    const frame = this.#frame;
    this.#merger.active = port.offload === 0;
    const restricted = port.policy !== null || this.#accessVlans !== null;
    const watch = this.#watch;
    if (watch !== null) watch.now = now;
    const station = port.station;
    for (frame.open(batch.bytes, batch.start, batch.end); frame.next(); ) {
      port.received(frame);
      const refused = this.#admit(frame) ?? (restricted ? this.#enforce(port, frame, now) : null);
      if (watch !== null) watch.saw("in", port, frame, refused);
      if (refused !== null) {
        port.drop(refused);
        continue;
      }
      if (station?.take(frame)) continue;
      this.#learn(port, frame, now);
      this.#forward(port, frame);
    }
    this.#flush();
  }

  /** Sends whole records out through `port`, as they are. */
  emit(port: Port, { bytes, start, end }: Batch): void {
    const frame = this.#frame;
    for (frame.open(bytes, start, end); frame.next(); ) this.#transmit(port, frame);
    this.#flush();
  }

  /** Housekeeping, about once a second: ages addresses and gives back the memory of ports that fell quiet. */
  tick(now: number): void {
    for (const port of this.#active) {
      port.release();
      if (port.memoryBytes === 0) this.#active.delete(port);
    }
    if (now - this.#sweptAt < this.#sweepMs) return;
    this.#sweptAt = now;
    if (this.#events.aged === undefined) this.table.sweep(now);
    else this.table.sweep(now, (entry) => this.#events.aged?.(entry, entry.vlan, entry.owner));
  }

  snapshot(): SwitchSnapshot {
    const ports = this.#ports.map((port) => port.snapshot());
    return { name: this.name, macs: this.table.size, totals: this.totals(), ports };
  }

  /** What all ports have carried, those included that are gone. */
  totals(): Counters {
    const totals = copyCounters(this.#gone);
    for (const port of this.#ports) addCounters(totals, port.counters);
    return totals;
  }

  #setObservers(observers: readonly Observer[]): void {
    this.#watch = observers.length === 0 ? null : new Watch(observers);
    for (const port of this.#ports) port.watch = this.#outWatch;
  }

  get #outWatch(): Watch | null {
    return this.#watch?.seesOut ? this.#watch : null;
  }

  #admit(frame: FrameCursor): DropReason | null {
    // As Linux bridges do: nobody can answer such a source.
    if ((frame.sourceHigh & GROUP_BIT) !== 0 || (frame.sourceHigh | frame.sourceLow) === 0)
      return "malformed";
    if (frame.kind === RecordKind.offload && !this.#finisher.open(frame)) return "malformed";
    if (!isReserved(frame.destinationHigh, frame.destinationLow)) return null;
    return ((this.#forwarded >>> (frame.destinationLow & 0x0f)) & 1) === 1 ? null : "blocked";
  }

  /** What the port's grant says. */
  #enforce(port: Port, frame: FrameCursor, now: number): DropReason | null {
    const refused =
      this.#accessVlans?.enter(frame, port.accessVlan) ?? port.policy?.admit(port, frame, now) ?? null;
    const refusal = refused === null ? null : port.refusals.note(refused, frame, now);
    if (refusal !== null) this.#events.refused?.(port, refused!, refusal);
    return refused;
  }

  #learn(port: Port, frame: FrameCursor, now: number): void {
    // Bridges speak from such addresses on each of their ports, which are no places where a host has moved to.
    if (isReserved(frame.destinationHigh, frame.destinationLow)) return;
    const learned = this.table.learn(frame.vlan, frame.sourceHigh, frame.sourceLow, port.place, now);
    if (learned === "known") return;
    if (learned === "new") this.#events.learned?.(source(frame), frame.vlan, port);
    else if (learned === "moved") this.#events.moved?.(source(frame), frame.vlan, this.table.previous!, port);
    else if (learned === "flapping")
      this.#events.flapping?.(source(frame), frame.vlan, this.table.previous!, port);
  }

  #forward(port: Port, frame: FrameCursor): void {
    const group = (frame.destinationHigh & GROUP_BIT) !== 0;
    const target = group
      ? undefined
      : this.table.lookup(frame.vlan, frame.destinationHigh, frame.destinationLow);
    if (target === undefined) this.#flood(port, frame);
    else if (target !== port) this.#transmit(target, frame);
  }

  #flood(port: Port, frame: FrameCursor): void {
    port.counters.floods++;
    for (const other of this.#ports) if (other !== port) this.#transmit(other, frame);
  }

  #transmit(port: Port, frame: FrameCursor): void {
    if (this.#accessVlans !== null && this.#accessVlans.form !== port.accessVlan) {
      if (this.#accessVlans.transmit(port, frame)) this.#touched.push(port);
    } else if (frame.kind === RecordKind.offload) {
      if (this.#finisher.transmit(port, frame)) this.#touched.push(port);
    } else if (frame.frameLength > port.maxFrame) {
      port.refuse(frame, "oversize");
    } else if (port.transmit(frame.bytes, frame.recordStart, frame.recordEnd, frame.frameLength)) {
      this.#touched.push(port);
    }
  }

  #flush(): void {
    for (const port of this.#touched) {
      port.flush();
      if (port.memoryBytes > RELEASE_ABOVE_BYTES) this.#active.add(port);
    }
    this.#touched.length = 0;
    this.#accessVlans?.flushed();
  }

  #freeId(): number {
    let id = 1;
    for (const port of this.#ports) if (port.id === id) id++;
    return id;
  }
}

function source(frame: FrameCursor): Mac {
  return { high: frame.sourceHigh, low: frame.sourceLow };
}
