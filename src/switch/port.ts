import type { DropReason } from "../frame/drop-reason.js";
import type { FrameCursor } from "../frame/frame-cursor.js";
import type { Link } from "../link/link.js";
import { type Counters, copyCounters, newCounters } from "./counters.js";
import { Egress } from "./egress.js";
import type { AccessList } from "./guard/access-list.js";
import type { MacPlace } from "./mac-place.js";
import type { Merger } from "./merger.js";
import type { MulticastPortRules } from "./multicast/port-rules.js";
import type { Watch } from "./observer.js";
import { allOf, type Policy } from "./policy.js";
import { Refusals } from "./policy-refusals.js";
import { type Hold, PortHolds, type PortState } from "./port-state.js";
import { PortVlans, type VlanRule } from "./port-vlans.js";
import type { TreeRules } from "./spanning-tree/tree-rules.js";
import type { Station } from "./station.js";
import type { StormMeter } from "./storm/storm-meter.js";

/**
 * Bytes that may wait for a port. TCP sends in bursts of megabytes when its acknowledgements come in bunches: at
 * 512 KiB one stream lost 2 % of its segments between two hosts that both kept up, at 2 MiB 0.1 %. It is delay for
 * bulk traffic only: small frames of other flows overtake (`SendQueue`).
 */
export const QUEUE_BYTES = 2_048 * 1_024;

export const LOOP_PROBING = ["on", "off", "cut"] as const;
export type LoopProbing = (typeof LOOP_PROBING)[number];

/** Longer than any frame, and still a small integer, which a field holds without a box. */
const ANY_LENGTH = 0x3fff_ffff;

/** What a port is allowed. */
export interface PortRules {
  /** Asked in this order about each frame that comes in. */
  readonly policies?: readonly Policy[];
  /** Left out: an ordinary port, which has all VLANs tagged. */
  readonly vlans?: VlanRule;
  /** Puts something between the port and each link that it gets, as an impairment. */
  readonly cable?: (link: Link) => Link;
  /** Groups of `Horizon` that it is in: their members get no frames from each other. */
  readonly horizons?: number;
  /** False: it gets no frames to addresses that nobody has been seen with. */
  readonly floodsUnknown?: boolean;
  /** Servers and routers may be behind it. */
  readonly trusted?: boolean;
  /** Its policies say which IP addresses it may have. */
  readonly bound?: boolean;
  /** Of its policies the one that has rules with counters. */
  readonly accessList?: AccessList | null;
  /** How much it may send to everybody; left out or null: any amount. */
  readonly storm?: StormMeter | null;
  readonly multicast?: MulticastPortRules;
  /** Whether loops are looked for here; "cut": the port is cut off also where one is behind it alone. Default: "on". */
  readonly loopProbe?: LoopProbing;
  /** Its part in a spanning tree, where it is another one than usual. */
  readonly tree?: Partial<TreeRules>;
}

export interface PortOptions extends PortRules {
  readonly queueBytes: number;
  readonly merger: Merger;
}

export interface PortSnapshot {
  readonly id: number;
  readonly name: string;
  /** Kind and far end of the link, or null while there is none. */
  readonly kind: string | null;
  readonly peer: string | null;
  /** When the link came or went last, in milliseconds of the switch's clock. */
  readonly changedAt: number;
  readonly state: PortState;
  /** Why it is not forwarding; null where it is. */
  readonly heldBy: string | null;
  /** In the spanning tree: "root", "designated", ...; null where there is none. */
  readonly role: string | null;
  /** VLAN of an access port or tunnel; 0: none. */
  readonly vlan: number;
  /** Its VLANs for people: "10", "trunk 1,10-20 native 1"; empty for an ordinary port. */
  readonly vlans: string;
  /** Work that the far end takes over: a set of `Offload` bits. */
  readonly offload: number;
  /** Addresses that it has learned. */
  readonly macs: number;
  /** Addresses pushed out because the port was at its limit. */
  readonly macsEvicted: number;
  readonly queuedBytes: number;
  readonly counters: Counters;
}

/** A link's place in a network: its number, name and counters outlive the link, so that a session can be replaced. */
export class Port {
  readonly id: number;
  readonly name: string;
  readonly counters = newCounters();
  readonly #egress: Egress;
  #maxFrame = ANY_LENGTH;
  /** All of its policies in one; null where it has none. */
  policy: Policy | null = null;
  vlans = PortVlans.ordinary;
  horizons = 0;
  floodsUnknown = true;
  /** Servers and routers may be behind it. */
  trusted = false;
  /** Its policies say which IP addresses it may have. */
  bound = false;
  accessList: AccessList | null = null;
  /** Bounds what it sends to everybody; null: nothing does. */
  storm: StormMeter | null = null;
  multicast: MulticastPortRules = {};
  loopProbe: LoopProbing = "on";
  tree: Partial<TreeRules> = {};
  /** In the spanning tree; null where there is none. */
  role: string | null = null;
  readonly refusals = new Refusals();
  readonly #holds = new PortHolds();
  #heldBy: Hold | null = null;
  #state: PortState = "forwarding";
  /** Takes frames that are meant for this process. */
  station: Station | null = null;
  readonly #cable: (link: Link) => Link;
  #place: MacPlace<Port> | null = null;
  #link: Link | null = null;
  #watch: Watch | null = null;
  #offload = 0;
  #changedAt = 0;

  /** Throws `usage` where a VLAN is none. */
  constructor(id: number, name: string, options: PortOptions) {
    this.id = id;
    this.name = name;
    this.#cable = options.cable ?? ((link) => link);
    this.#egress = new Egress(this.counters, options.queueBytes, options.merger);
    this.rule(options);
  }

  /** Lives by these rules from now on, but for the cable. Throws `usage` where a VLAN is none. */
  rule(rules: PortRules): void {
    this.vlans = PortVlans.of(rules.vlans);
    this.policy = allOf(rules.policies ?? []);
    this.horizons = rules.horizons ?? 0;
    this.floodsUnknown = rules.floodsUnknown ?? true;
    this.trusted = rules.trusted ?? false;
    this.bound = rules.bound ?? false;
    this.accessList = rules.accessList ?? null;
    this.storm = rules.storm ?? null;
    this.multicast = rules.multicast ?? {};
    this.loopProbe = rules.loopProbe ?? "on";
    this.tree = rules.tree ?? {};
  }

  get link(): Link | null {
    return this.#link;
  }

  /** Where its addresses are kept in the MAC table. */
  get place(): MacPlace<Port> {
    return this.#place!;
  }

  set place(place: MacPlace<Port>) {
    this.#place = place;
  }

  /** What may come in and go out; a port that no protocol holds back is forwarding. */
  get state(): PortState {
    return this.#state;
  }

  /** Who holds it back most, or null. */
  get heldBy(): Hold | null {
    return this.#heldBy;
  }

  /** Notes what the protocol `by` says of its state. */
  hold(by: string, state: PortState, why: string): void {
    this.#holds.set(by, state, why);
    this.#heldBy = this.#holds.strictest;
    this.#state = this.#heldBy?.state ?? "forwarding";
  }

  /** Work that the far end takes over: a set of `Offload` bits. */
  get offload(): number {
    return this.#offload;
  }

  /** Longest frame that can go out, bytes. */
  get maxFrame(): number {
    return this.#maxFrame;
  }

  /** Who is told of what goes out, and of what is lost on the way. */
  set watch(watch: Watch | null) {
    this.#watch = watch;
    this.#egress.watch = watch?.sentBy(this) ?? null;
  }

  get queuedBytes(): number {
    return this.#egress.queuedBytes;
  }

  get memoryBytes(): number {
    return this.#egress.memoryBytes;
  }

  /** Takes `link` in place of the one before, at `now` (ms); null leaves the port down. */
  connect(link: Link, now: number): Link;
  connect(link: null, now: number): null;
  connect(link: Link | null, now: number): Link | null {
    const carrier = link === null ? null : this.#cable(link);
    this.#link = link;
    this.#changedAt = now;
    this.#egress.connect(carrier);
    this.refresh();
    return carrier;
  }

  /** Reads the link's capabilities again. */
  refresh(): void {
    this.#maxFrame = this.#link?.capabilities.maxFrame ?? ANY_LENGTH;
    this.#offload = this.#link?.capabilities.offload ?? 0;
  }

  received(frame: FrameCursor): void {
    this.counters.framesIn++;
    this.counters.bytesIn += frame.frameLength;
  }

  /** Counts frames that went no further: from this port, or on their way out of it. */
  drop(reason: DropReason, frames = 1): void {
    this.counters.drops[reason] += frames;
  }

  /** Drops one frame on its way out. */
  refuse(frame: FrameCursor, reason: DropReason): void {
    this.drop(reason);
    this.#watch?.saw("out", this, frame, reason);
  }

  /** Sends the record, at the latest on `flush`. True for the first one since the last `flush`. */
  transmit(bytes: Buffer, start: number, end: number, frameBytes: number): boolean {
    return this.#egress.add(bytes, start, end, frameBytes);
  }

  /** Has what was transmitted so far sent or copied, so that its bytes may change. */
  settle(): void {
    this.#egress.settle();
  }

  flush(): void {
    this.#egress.flush();
  }

  drained(): void {
    this.#egress.drained();
  }

  /** Gives back memory that an idle port does not need. */
  release(): void {
    this.#egress.release();
  }

  snapshot(): PortSnapshot {
    return {
      id: this.id,
      name: this.name,
      kind: this.#link?.kind ?? null,
      peer: this.#link?.peer ?? null,
      changedAt: this.#changedAt,
      state: this.#state,
      heldBy: this.#heldBy?.why ?? null,
      role: this.role,
      vlan: this.vlans.access,
      vlans: String(this.vlans),
      offload: this.#offload,
      macs: this.place.order.size,
      macsEvicted: this.place.evicted,
      queuedBytes: this.#egress.queuedBytes,
      counters: copyCounters(this.counters),
    };
  }
}
