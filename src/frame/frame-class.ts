/**
 * What kind of control traffic a frame is, as a set of bits, so that whoever is interested in a few kinds passes over
 * all others by one comparison. Headers are found behind VLAN tags, LLC/SNAP and IPv6 extension headers; where a sender
 * hides what follows [RFC 7113], that is a class of its own.
 */

import { TYPE_ARP } from "./arp.js";
import { isReserved } from "./ethernet.js";
import { PROTOCOL_IGMP } from "./igmp.js";
import { Ipv6Upper, isIpv4Header, networkStart, PROTOCOL_ICMPV6 } from "./ip-source.js";
import {
  IPV4_FRAGMENT,
  IPV4_FRAGMENTED,
  IPV4_PROTOCOL,
  PROTOCOL_UDP,
  read16,
  read32,
  TYPE_IPV4,
  TYPE_IPV6,
} from "./segment-fields.js";

/** EtherType of loop probes: the second one for local experiments [IEEE 802-2014, 9.2.4]. */
export const TYPE_LOOP_PROBE = 0x88b6;

/** Bits of a frame's class. */
export const FrameClass = {
  /** To a reserved address: BPDU, LACP, LLDP. */
  reserved: 0x001,
  loopProbe: 0x002,
  arp: 0x004,
  igmp: 0x008,
  /** Multicast listener discovery [RFC 3810], with or without the hop-by-hop header that it ought to have. */
  mld: 0x010,
  /** Router and neighbour discovery, redirects [RFC 4861]. */
  nd: 0x020,
  /** To or from one of the two ports of DHCP [RFC 2131 4.1]. */
  dhcp4: 0x040,
  /** To or from one of the two ports of DHCPv6 [RFC 8415 7.2]. */
  dhcp6: 0x080,
  /** A fragment of an IP packet; of the first one the protocol is known as well. */
  fragment: 0x100,
  /** IP whose headers end too early, are nonsense or will be written over, or more tags than two: nobody can tell what it is. */
  opaque: 0x200,
} as const;

const PROTOCOL_ICMP = 1;
const DHCP4_SERVER = 67;
const DHCP4_CLIENT = 68;
const DHCP6_CLIENT = 546;
const DHCP6_SERVER = 547;

/**
 * Headers with others behind them that no host on a LAN has a use for: mobility, HIP, Shim6, experiments [IANA protocol
 * numbers]. Who does not know them stops there, but nobody knows what the receiver knows [RFC 7610 5].
 */
export const HIDING_HEADERS: readonly number[] = [135, 139, 140, 253, 254];

const upper = new Ipv6Upper();

/**
 * The classes of the frame in bytes[start, end), at least an Ethernet header; 0 for all ordinary traffic. `written` is
 * where a checksum will be put, at a place of the sender's choice: over what is looked at here, and it is opaque.
 */
export function classify(
  bytes: Uint8Array,
  start: number,
  end: number,
  written = Number.POSITIVE_INFINITY,
): number {
  if (isReserved(read16(bytes, start), read32(bytes, start + 2) | 0)) return FrameClass.reserved;
  const at = networkStart(bytes, start, end);
  if (at < 0 || written < at) return FrameClass.opaque;
  switch (read16(bytes, at - 2)) {
    case TYPE_IPV4:
      return classifyIpv4(bytes, at, end, written);
    case TYPE_IPV6:
      return classifyIpv6(bytes, at, end, written);
    case TYPE_ARP:
      return FrameClass.arp;
    case TYPE_LOOP_PROBE:
      return FrameClass.loopProbe;
    default:
      return 0;
  }
}

function classifyIpv4(bytes: Uint8Array, at: number, end: number, written: number): number {
  if (!isIpv4Header(bytes, at, end)) return FrameClass.opaque;
  const part = read16(bytes, at + IPV4_FRAGMENT) & IPV4_FRAGMENTED;
  const protocol = bytes[at + IPV4_PROTOCOL]!;
  const transport = at + (bytes[at]! & 0x0f) * 4;
  if (written < transport + seenOf(protocol)) return FrameClass.opaque;
  const fragment = part === 0 ? 0 : FrameClass.fragment;
  if (protocol === PROTOCOL_IGMP) return fragment | FrameClass.igmp;
  if (protocol !== PROTOCOL_UDP || (part & 0x1fff) !== 0) return fragment;
  return fragment | classifyUdp4(bytes, transport, end);
}

function classifyUdp4(bytes: Uint8Array, udp: number, end: number): number {
  if (udp + 4 > end) return FrameClass.opaque;
  return isDhcp4(read16(bytes, udp)) || isDhcp4(read16(bytes, udp + 2)) ? FrameClass.dhcp4 : 0;
}

function isDhcp4(port: number): boolean {
  return port === DHCP4_SERVER || port === DHCP4_CLIENT;
}

function classifyIpv6(bytes: Uint8Array, at: number, end: number, written: number): number {
  if (!upper.read(bytes, at, end) || HIDING_HEADERS.includes(upper.protocol)) return FrameClass.opaque;
  if (written < upper.at + seenOf(upper.protocol)) return FrameClass.opaque;
  const fragment = upper.fragment ? FrameClass.fragment : 0;
  if (upper.protocol === PROTOCOL_ICMPV6) return fragment | classifyIcmpv6(bytes);
  return upper.protocol === PROTOCOL_UDP ? fragment | classifyUdp6(bytes) : fragment;
}

/** The checksum of ICMP and IGMP comes right behind type and code; all others have their ports there. */
function seenOf(protocol: number): number {
  return protocol === PROTOCOL_ICMPV6 || protocol === PROTOCOL_ICMP || protocol === PROTOCOL_IGMP ? 2 : 4;
}

/** 130 to 132, 143 are of multicast listeners, 151 of their routers, 133 to 137 of neighbours [IANA icmpv6-parameters]. */
function classifyIcmpv6(bytes: Uint8Array): number {
  if (upper.at >= upper.end) return FrameClass.opaque;
  const type = bytes[upper.at]!;
  if (type >= 133 && type <= 137) return FrameClass.nd;
  return (type >= 130 && type <= 132) || type === 143 || type === 151 ? FrameClass.mld : 0;
}

function classifyUdp6(bytes: Uint8Array): number {
  if (upper.at + 4 > upper.end) return FrameClass.opaque;
  return isDhcp6(read16(bytes, upper.at)) || isDhcp6(read16(bytes, upper.at + 2)) ? FrameClass.dhcp6 : 0;
}

function isDhcp6(port: number): boolean {
  return port === DHCP6_CLIENT || port === DHCP6_SERVER;
}
