/** Puts queries of this switch on the wire. */

import { writeIgmpQuery } from "../../frame/igmp.js";
import { IpGroup } from "../../frame/ip-group.js";
import { type Mac, macBytes } from "../../frame/mac.js";
import { writeMldQuery } from "../../frame/mld.js";
import { TYPE_IPV4, TYPE_IPV6 } from "../../frame/segment-fields.js";
import type { Port } from "../port.js";
import type { ProtocolHost } from "../protocol.js";
import type { Group } from "./group-memberships.js";
import type { Listening } from "./listening.js";
import type { MulticastTiming } from "./timing.js";

const HEADER = 14;
/** All hosts, of IPv4 and of IPv6. */
const ALL_HOSTS: Mac = { high: 0x0100, low: 0x5e00_0001 };
const ALL_NODES: Mac = { high: 0x3333, low: 1 };

export interface QuerySenderOptions {
  /** Sender of the queries, and what their IPv6 address is made of. */
  readonly mac: Mac;
  /** IPv4 source of the queries. Default: 0.0.0.0, which a switch without an address uses [RFC 4541 2.1.1 (1)]. */
  readonly address?: IpGroup;
  readonly timing: MulticastTiming;
}

export class QuerySender {
  /** Queries sent so far. */
  sent = 0;
  readonly #options: QuerySenderOptions;
  readonly #sources: readonly [IpGroup, IpGroup];
  #host!: ProtocolHost;

  constructor(options: QuerySenderOptions) {
    this.#options = options;
    this.#sources = [options.address ?? new IpGroup(), linkLocal(options.mac)];
  }

  start(host: ProtocolHost): void {
    this.#host = host;
  }

  /** The address that queries of this IP version come from. */
  source(isIpv6: boolean): IpGroup {
    return this.#sources[isIpv6 ? 1 : 0];
  }

  /** Asks the hosts behind the port what they listen to. */
  askAll(port: Port, { vlan, isIpv6 }: Pick<Listening, "vlan" | "isIpv6">): void {
    const { queryResponseMs } = this.#options.timing;
    this.#send(port, vlan, {
      to: isIpv6 ? ALL_NODES : ALL_HOSTS,
      isIpv6,
      group: null,
      maxResponseMs: queryResponseMs,
    });
  }

  /** Asks whether anyone behind the port is left in the group. */
  askGroup(port: Port, { vlan, address }: Group<Port>): void {
    const { lastMemberIntervalMs: maxResponseMs } = this.#options.timing;
    this.#send(port, vlan, { to: address.mac, isIpv6: address.isIpv6, group: address, maxResponseMs });
  }

  #send(port: Port, vlan: number, query: Query): void {
    if (port.link === null) return;
    const { robustness, queryIntervalMs } = this.#options.timing;
    const said = { source: this.source(query.isIpv6), robustness, intervalS: queryIntervalMs / 1_000 };
    const packet = (query.isIpv6 ? writeMldQuery : writeIgmpQuery)({ ...said, ...query });
    const frame = new Uint8Array(HEADER + packet.length);
    frame.set(macBytes(query.to));
    frame.set(macBytes(this.#options.mac), 6);
    const type = query.isIpv6 ? TYPE_IPV6 : TYPE_IPV4;
    frame.set([type >>> 8, type & 0xff], 12);
    frame.set(packet, HEADER);
    this.#host.send(port, frame, vlan);
    this.sent++;
  }
}

interface Query {
  readonly to: Mac;
  readonly isIpv6: boolean;
  readonly group: IpGroup | null;
  readonly maxResponseMs: number;
}

/** fe80:: and the modified EUI-64 of the MAC [RFC 4291 appendix A]. */
function linkLocal(mac: Mac): IpGroup {
  const [a, b, c, d, e, f] = macBytes(mac) as unknown as [number, number, number, number, number, number];
  const address = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, a ^ 0x02, b, c, 0xff, 0xfe, d, e, f);
  return new IpGroup().readIpv6(address, 0);
}
