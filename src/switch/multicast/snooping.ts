/**
 * Sends IP multicast only where somebody listens [RFC 4541]: learns from IGMP and MLD which groups the hosts behind
 * each port are in, and from queries where routers are. What hosts say goes to routers alone, so that no host keeps
 * quiet because another one has spoken. What nobody has asked for goes to the routers; everything goes everywhere as
 * long as nobody asks the hosts what they want, and for as long as a host may take to answer.
 */
import { FrameClass } from "../../frame/frame-class.js";
import type { FrameCursor } from "../../frame/frame-cursor.js";
import { Depth, FrameLayout } from "../../frame/frame-layout.js";
import { GroupMessage, RecordType } from "../../frame/group-message.js";
import type { IpGroup } from "../../frame/ip-group.js";
import { readGroupMessage } from "../../frame/read-group-message.js";
import type { GroupTable } from "../group-table.js";
import type { Port } from "../port.js";
import type { Protocol, ProtocolHost, Verdict } from "../protocol.js";
import { Destination } from "./destination.js";
import { type Group, GroupMemberships, MAX_GROUPS, MAX_PORT_GROUPS } from "./group-memberships.js";
import { Listening } from "./listening.js";
import { type MulticastSnapshot, snapshotOf } from "./multicast-snapshot.js";
import { QuerySender, type QuerySenderOptions } from "./query-sender.js";
import { answeredMs, leaveMs, type MulticastTiming, membershipMs, otherQuerierMs, TIMING } from "./timing.js";

/** VLANs and IP versions that are looked after in one network; in others everything goes everywhere. */
export const MAX_LISTENINGS = 256;

export interface MulticastOptions extends Omit<QuerySenderOptions, "timing"> {
  /** Asks the hosts where nobody else does. Default: true. */
  readonly querier?: boolean;
  /** Where frames go that nobody has asked for. Default: to routers only. */
  readonly unregistered?: "routers" | "flood";
  readonly timing?: MulticastTiming;
  readonly maxGroups?: number;
  readonly maxPortGroups?: number;
}

export class MulticastSnooping implements Protocol, GroupTable {
  readonly name = "multicast";
  readonly classes = FrameClass.igmp | FrameClass.mld;
  readonly #options: MulticastOptions;
  readonly #timing: MulticastTiming;
  readonly #groups: GroupMemberships<Port>;
  readonly #listenings = new Map<number, Listening>();
  readonly #queries: QuerySender;
  readonly #message = new GroupMessage();
  readonly #layout = new FrameLayout();
  readonly #destination = new Destination();
  readonly #counts = { reports: 0, leaves: 0, queriesHeard: 0, overLimit: 0 };
  #host!: ProtocolHost;
  #now = 0;

  constructor(options: MulticastOptions) {
    const { timing = TIMING, maxGroups = MAX_GROUPS, maxPortGroups = MAX_PORT_GROUPS } = options;
    this.#options = options;
    this.#timing = timing;
    this.#groups = new GroupMemberships({ maxGroups, maxPortGroups });
    this.#queries = new QuerySender({ ...options, timing });
  }

  start(host: ProtocolHost): void {
    this.#host = host;
    this.#queries.start(host);
  }

  take(port: Port, frame: FrameCursor, now: number): Verdict {
    this.#now = now;
    const message = this.#message;
    this.#layout.read(frame.bytes, frame.frameStart, frame.recordEnd, Depth.transport);
    if (!readGroupMessage(this.#layout, message)) return null;
    const listening = this.#listening(frame.vlan, message.source.isIpv6);
    if (listening === null) return null;
    if (message.kind === "query") return this.#heardQuery(port, frame, listening);
    this.#heardHost(port, listening);
    return null;
  }

  targets(frame: FrameCursor, from: Port): readonly Port[] | null {
    const to = this.#destination;
    if (!to.read(frame)) return null;
    const listening = this.#listening(frame.vlan, to.group.isIpv6);
    if (listening === null) return null;
    if (to.isRouterSign && from.multicast.router !== "never") this.#foundRouter(from, listening);
    if (!listening.restricts || to.isForAll) return null;
    if (to.isHostTalk) return listening.open.ports;
    const group = this.#groups.find(frame.vlan, to.group);
    if (group !== null) return group.targets ?? retarget(group, listening);
    return this.#options.unregistered === "flood" ? null : listening.open.ports;
  }

  tick(now: number): void {
    this.#now = now;
    for (const listening of this.#listenings.values()) this.#tickListening(listening, now);
    for (const group of this.#groups.all()) this.#tickGroup(group, now);
  }

  linked(port: Port): void {
    this.#forget(port);
    if (port.link !== null) for (const listening of this.#listenings.values()) this.#welcome(port, listening);
  }

  detached(port: Port): void {
    this.#forget(port);
  }

  figures(): Readonly<Record<string, number>> {
    return { groups: this.#groups.size, queriesSent: this.#queries.sent, ...this.#counts };
  }

  snapshot(): MulticastSnapshot {
    return snapshotOf(this.#groups.all(), this.#listenings.values(), this.#now);
  }

  #heardQuery(port: Port, frame: FrameCursor, listening: Listening): Verdict {
    if (port.multicast.router === "never") return "security";
    this.#counts.queriesHeard++;
    this.#foundRouter(port, listening);
    const mac = { high: frame.sourceHigh, low: frame.sourceLow };
    if (!listening.querier.heard(this.#message, mac, port, this.#now)) return null;
    listening.update(this.#now);
    const { address } = listening.querier.other!;
    this.#tellQuerier(listening, `${address} behind ${port.name} asks who listens`, port);
    return null;
  }

  #heardHost(port: Port, listening: Listening): void {
    const message = this.#message;
    if (message.kind === "leave") this.#leave(port, listening, message.group);
    else if (message.kind === "report") this.#join(port, listening, message);
    else while (message.nextRecord()) this.#heardRecord(port, listening);
  }

  /** A list of sources to take none from is the whole group; one to take some from is nothing if it is empty. */
  #heardRecord(port: Port, listening: Listening): void {
    const { recordType: type, recordSources, group } = this.#message;
    const isExcluding = type === RecordType.isEx || type === RecordType.toEx;
    if (isExcluding || (recordSources > 0 && type !== RecordType.block))
      this.#join(port, listening, this.#message);
    else if (type === RecordType.toIn) this.#leave(port, listening, group);
  }

  #join(port: Port, listening: Listening, { group, version }: GroupMessage): void {
    if (!group.isMulticast) return;
    this.#counts.reports++;
    const until = this.#now + membershipMs(this.#timing);
    const member = { until, v1Until: version === 1 ? until : 0 };
    if (this.#groups.join(listening.vlan, group, port, member)) return;
    this.#counts.overLimit++;
    if (!listening.open.isOpen(port, "limit", this.#now))
      this.#host.tell({
        ...{ type: "multicast-limit", port, vlan: listening.vlan },
        message: "more groups than are kept: the port gets all multicast",
      });
    this.#open(port, listening, { why: "limit", until });
  }

  #leave(port: Port, listening: Listening, address: IpGroup): void {
    const group = this.#groups.find(listening.vlan, address);
    const member = group?.members.get(port);
    if (group === null || member === undefined || member.v1Until > this.#now) return;
    this.#counts.leaves++;
    if (port.multicast.fastLeave === true) {
      this.#groups.leave(group, port);
      return;
    }
    member.until = Math.min(member.until, this.#now + leaveMs(this.#timing));
    if (!listening.querier.isOwn) return;
    member.questions = this.#timing.robustness - 1;
    this.#queries.askGroup(port, group);
  }

  #tickListening(listening: Listening, now: number): void {
    if (listening.querier.expire(now)) this.#tellQuerier(listening, this.#ownQuery(listening));
    listening.update(now);
    if (listening.open.expire(now)) this.#invalidate(listening);
    if (listening.querier.takeDue(now))
      for (const port of this.#host.ports) this.#queries.askAll(port, listening);
  }

  #tickGroup(group: Group<Port>, now: number): void {
    for (const [port, member] of group.members) {
      if (member.until <= now) this.#groups.leave(group, port);
      else if (member.questions > 0) {
        member.questions--;
        this.#queries.askGroup(port, group);
      }
    }
  }

  /** The port was not asked yet. */
  #welcome(port: Port, listening: Listening): void {
    this.#open(port, listening, { why: "new", until: this.#now + answeredMs(this.#timing) });
    if (port.multicast.router === "always")
      this.#open(port, listening, { why: "router", until: Number.POSITIVE_INFINITY });
    if (listening.querier.isOwn) this.#queries.askAll(port, listening);
  }

  #forget(port: Port): void {
    this.#groups.forget(port);
    for (const listening of this.#listenings.values()) {
      if (listening.open.close(port)) this.#invalidate(listening);
      if (listening.querier.other?.port !== port) continue;
      listening.querier.lost(this.#now);
      this.#tellQuerier(listening, `the querier behind ${port.name} has gone: ${this.#ownQuery(listening)}`);
    }
  }

  #foundRouter(port: Port, listening: Listening): void {
    this.#open(port, listening, { why: "router", until: this.#now + otherQuerierMs(this.#timing) });
  }

  #open(
    port: Port,
    listening: Listening,
    { why, until }: { why: "router" | "limit" | "new"; until: number },
  ): void {
    if (listening.open.open(port, why, until)) this.#invalidate(listening);
  }

  /** Where the frames of its groups go has changed. */
  #invalidate({ vlan, isIpv6 }: Listening): void {
    for (const group of this.#groups.all())
      if (group.vlan === vlan && group.address.isIpv6 === isIpv6) group.targets = null;
  }

  #listening(vlan: number, isIpv6: boolean): Listening | null {
    return this.#listenings.get(vlan * 2 + (isIpv6 ? 1 : 0)) ?? this.#addListening(vlan, isIpv6);
  }

  #addListening(vlan: number, isIpv6: boolean): Listening | null {
    if (this.#listenings.size >= MAX_LISTENINGS) return null;
    const querier = {
      enabled: this.#options.querier ?? true,
      address: this.#queries.source(isIpv6),
      mac: this.#options.mac,
      timing: this.#timing,
    };
    const listening = new Listening(vlan, querier, this.#now);
    this.#listenings.set(vlan * 2 + (isIpv6 ? 1 : 0), listening);
    for (const port of this.#host.ports)
      if (port.multicast.router === "always")
        this.#open(port, listening, { why: "router", until: Number.POSITIVE_INFINITY });
    return listening;
  }

  #ownQuery({ querier }: Listening): string {
    return querier.isOwn
      ? "this switch asks who listens"
      : "nobody asks who listens, all multicast goes everywhere";
  }

  #tellQuerier({ vlan, isIpv6 }: Listening, message: string, port?: Port): void {
    const subject = port === undefined ? { vlan } : { vlan, port };
    this.#host.tell({
      type: "multicast-querier",
      ...subject,
      message: `${isIpv6 ? "IPv6" : "IPv4"}: ${message}`,
    });
  }
}

/** Its members, and all ports that are open. */
function retarget(group: Group<Port>, { open }: Listening): readonly Port[] {
  const targets = [...new Set([...group.members.keys(), ...open.ports])];
  group.targets = targets;
  return targets;
}
