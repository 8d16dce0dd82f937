/**
 * One isolated network: learns which port each address lives behind, sends known unicast there and floods the rest
 * [IEEE 802.1D-2004, 7.7-7.9]. Pure logic: it opens nothing, and its time comes from a clock that is passed in.
 */
import type { Clock } from "../clock.js";
import type { ReservedName } from "../frame/ethernet.js";
import { FrameCursor } from "../frame/frame-cursor.js";
import type { Batch, Link } from "../link/link.js";
import { addCounters, type Counters, copyCounters, newCounters } from "./counters.js";
import { Forwarder } from "./forwarder.js";
import type { GroupTable } from "./group-table.js";
import { Ingress } from "./ingress.js";
import { MacTable } from "./mac-table.js";
import { Merger } from "./merger.js";
import { type Observer, Watch } from "./observer.js";
import { Port, type PortRules, type PortSnapshot, QUEUE_BYTES } from "./port.js";
import type { Protocol } from "./protocol.js";
import { Protocols } from "./protocols.js";
import type { SwitchEvents } from "./switch-events.js";

/** Addresses in one network; at 65,536 two look-ups take about 80 ns and the table 4 MB. */
export const MAX_MACS = 65_536;
/** Addresses behind one port: a large site behind a bridge, yet a sixteenth of the table. */
export const MAC_LIMIT = 4_096;
/** The default of 802.1D-2004, table 7-5. */
export const AGE_MS = 300_000;
/** The MAC table is swept this many times in an age. */
const SWEEPS_PER_AGE = 32;

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
  /** What each protocol has done, by its name. */
  readonly protocols: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export class Switch {
  readonly name: string;
  readonly table: MacTable<Port>;
  readonly #clock: Clock;
  readonly #events: SwitchEvents;
  #sweepMs: number;
  readonly #ports: Port[] = [];
  readonly #frame = new FrameCursor();
  readonly #forwarder: Forwarder;
  readonly #ingress: Ingress;
  readonly #merger = new Merger();
  /** Null while nobody looks on. */
  #watch: Watch | null = null;
  /** What ports have carried that are gone. */
  readonly #gone = newCounters();
  #sweptAt: number;

  constructor(options: SwitchOptions) {
    const ageMs = options.ageMs ?? AGE_MS;
    this.name = options.name;
    this.table = new MacTable({ maxEntries: options.maxMacs ?? MAX_MACS, ageMs });
    this.#clock = options.clock;
    this.#events = options.events ?? {};
    this.#forwarder = new Forwarder(this.#ports, this.table);
    this.#ingress = new Ingress(this.table, this.#forwarder, this.#events);
    this.#ingress.forwardReserved = options.forwardReserved ?? [];
    this.#sweepMs = ageMs / SWEEPS_PER_AGE;
    this.#sweptAt = options.clock.now();
  }

  /** Takes other rules from now on. */
  configure({ ageMs, forwardReserved }: Required<Pick<SwitchOptions, "ageMs" | "forwardReserved">>): void {
    this.table.ageMs = ageMs;
    this.#sweepMs = ageMs / SWEEPS_PER_AGE;
    this.#ingress.forwardReserved = forwardReserved;
  }

  /** Lets a port have so many addresses from now on. */
  limit(port: Port, macLimit: number): void {
    this.table.limit(port.place, macLimit);
  }

  /** Has the port live by other rules from now on: it begins anew, with no addresses. */
  rule(port: Port, rules: PortRules): void {
    port.rule(rules);
    this.table.clear(port.place);
    this.#forwarder.portsChanged();
    const { protocols } = this.#ingress;
    protocols?.detached(port);
    protocols?.attached(port);
    if (port.link !== null) protocols?.linked(port, this.#clock.now());
  }

  get ports(): readonly Port[] {
    return this.#ports;
  }

  /** Gives the link a port of its own and starts it; without a link the port is down until `connect`. */
  attach(link: Link | null, options: AttachOptions): Port {
    const { name, queueBytes = QUEUE_BYTES } = options;
    const port = new Port(this.#freeId(), name, { ...options, queueBytes, merger: this.#merger });
    port.place = this.table.addPlace(port, options.macLimit ?? MAC_LIMIT);
    port.watch = this.#outWatch;
    this.#ports.push(port);
    this.#ports.sort((a, b) => a.id - b.id);
    port.connect(null, this.#clock.now());
    this.#forwarder.portsChanged();
    this.#ingress.protocols?.attached(port);
    this.#events.attached?.(port);
    if (link !== null) this.connect(port, link, options.closed);
    return port;
  }

  /** Puts `link` behind an existing port, which keeps its number, addresses and counters. */
  connect(port: Port, link: Link, closed?: AttachOptions["closed"]): void {
    const carrier = port.connect(link, this.#clock.now());
    carrier.start({
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
        this.#ingress.protocols?.linked(port, this.#clock.now());
        closed?.(port, error);
      },
    });
    this.#ingress.protocols?.linked(port, this.#clock.now());
  }

  /** Takes the port away, with its addresses. Does not close its link. */
  detach(port: Port): void {
    const at = this.#ports.indexOf(port);
    if (at < 0) return;
    this.#ports.splice(at, 1);
    this.#forwarder.detached(port);
    port.connect(null, this.#clock.now());
    addCounters(this.#gone, port.counters);
    this.table.forget(port.place);
    this.#ingress.protocols?.detached(port);
  }

  /** Has the protocol take part from now on, until the answer is called. */
  use(protocol: Protocol): () => void {
    this.#ingress.protocols ??= this.#newProtocols();
    this.#ingress.protocols.add(protocol);
    return () => {
      this.#ingress.protocols?.remove(protocol);
      if (this.#ingress.protocols?.size === 0) this.#ingress.protocols = null;
    };
  }

  /** Lets `groups` say where multicast goes; null: to all. */
  set groups(groups: GroupTable | null) {
    this.#forwarder.groups = groups;
  }

  /** Shows every frame to `observer` from now on, until the answer is called. */
  observe(observer: Observer): () => void {
    this.#setObservers([...(this.#watch?.observers ?? []), observer]);
    return () => this.#setObservers((this.#watch?.observers ?? []).filter((other) => other !== observer));
  }

  /** A batch came in through `port` at `now` (ms). */
  receive(port: Port, batch: Batch, now: number): void {
    const frame = this.#frame;
    const ingress = this.#ingress;
    const forwarder = this.#forwarder;
    this.#merger.active = port.offload === 0;
    const restricted = ingress.isRestricted(port);
    const watch = this.#watch;
    if (watch !== null) watch.now = now;
    const station = port.station;
    for (frame.open(batch.bytes, batch.start, batch.end); frame.next(); ) {
      port.received(frame);
      const verdict =
        ingress.admit(port, frame, now) ?? (restricted ? ingress.enforce(port, frame, now) : null);
      if (watch !== null) watch.saw("in", port, frame, verdict === "consumed" ? null : verdict);
      if (verdict !== null) {
        if (verdict !== "consumed") port.drop(verdict);
        continue;
      }
      if (station?.take(frame)) continue;
      ingress.learn(port, frame, now);
      forwarder.forward(port, frame, now);
    }
    forwarder.flush();
    ingress.protocols?.deliver();
  }

  /** Sends whole records out through `port`, as they are. */
  emit(port: Port, batch: Batch): void {
    this.#forwarder.emit(port, batch);
  }

  /** Housekeeping, about once a second: ages addresses and gives back the memory of ports that fell quiet. */
  tick(now: number): void {
    this.#forwarder.release();
    this.#ingress.protocols?.tick(now);
    if (now - this.#sweptAt < this.#sweepMs) return;
    this.#sweptAt = now;
    if (this.#events.aged === undefined) this.table.sweep(now);
    else this.table.sweep(now, (entry) => this.#events.aged?.(entry, entry.vlan, entry.owner));
  }

  snapshot(): SwitchSnapshot {
    const ports = this.#ports.map((port) => port.snapshot());
    return {
      name: this.name,
      macs: this.table.size,
      totals: this.totals(),
      ports,
      protocols: this.figures(),
    };
  }

  /** What each protocol has done, by its name. */
  figures(): Record<string, Readonly<Record<string, number>>> {
    return this.#ingress.protocols?.figures() ?? {};
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

  #newProtocols(): Protocols {
    return new Protocols({
      ports: this.#ports,
      table: this.table,
      forget: (port, vlan) => this.table.flush({ place: port.place, vlan }),
      tell: (event) => this.#events.told?.(event),
      held: () => this.#forwarder.portsChanged(),
      emit: (outgoing) => this.#forwarder.emitFor(outgoing),
    });
  }

  #freeId(): number {
    let id = 1;
    for (const port of this.#ports) if (port.id === id) id++;
    return id;
  }
}
