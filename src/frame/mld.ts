/** Reading multicast listener discovery [RFC 2710, RFC 3810], and writing its queries. */
import { internetChecksum, internetSum, pseudoHeaderSum6 } from "./checksum.js";
import type { FrameLayout } from "./frame-layout.js";
import type { GroupMessage } from "./group-message.js";
import { PIM_HELLO, PROTOCOL_PIM } from "./igmp.js";
import type { IpGroup } from "./ip-group.js";
import { IPV6_SOURCE, PROTOCOL_ICMPV6 } from "./ip-source.js";
import { IPV6_HEADER, IPV6_PAYLOAD_LENGTH, read16, read32, write16 } from "./segment-fields.js";

const QUERY = 130;
const REPORT_V1 = 131;
const DONE = 132;
const REPORT_V2 = 143;
const ROUTER_ADVERTISEMENT = 151;
const IPV6_HOP_LIMIT = 7;
const CODE = 4;
const GROUP = 8;
const HEADER_V1 = 24;
const HEADER_V2_REPORT = 8;
/** From this length on a query is one of version 2 [RFC 3810 8.1]. */
const QUERY_V2 = 28;
/** The first ten bits of fe80::/10. */
const LINK_LOCAL = 0x3fa;
const IPV6_DESTINATION = IPV6_SOURCE + 16;
/** Internetwork control, 36 bytes of payload, hop-by-hop options first, hop limit 1; router alert, padding [RFC 2711]. */
const IP_HEADER = Buffer.concat([
  Buffer.from("6c000000" + "0024" + "0001", "hex"),
  Buffer.alloc(16),
  Buffer.from(`ff02${"00".repeat(13)}01`, "hex"),
  Buffer.from("3a00" + "05020000" + "0100", "hex"),
]);

/** Reads what the MLD message in the frame says; false where it is none, or damaged. */
export function readMld(layout: FrameLayout, message: GroupMessage): boolean {
  const { bytes, networkAt: ip, transportAt: at, end, protocol } = layout;
  if (protocol !== PROTOCOL_ICMPV6 || at < 0 || bytes[ip + IPV6_HOP_LIMIT] !== 1) return false;
  const last = ip + IPV6_HEADER + read16(bytes, ip + IPV6_PAYLOAD_LENGTH);
  if (last > end || at + HEADER_V2_REPORT > last || !isSummed(bytes, ip, at, last)) return false;
  message.source.readIpv6(bytes, ip + IPV6_SOURCE);
  // Only a host that has no address yet may speak without one [RFC 3590], and it does not ask.
  const isNamed = message.source.w0 >>> 22 === LINK_LOCAL;
  if (!isNamed && (!message.source.isUnspecified || bytes[at] === QUERY)) return false;
  return readBody(bytes, at, last, message);
}

function isSummed(bytes: Uint8Array, ip: number, at: number, end: number): boolean {
  return internetSum(bytes, at, end, pseudoHeaderSum6(bytes, ip, PROTOCOL_ICMPV6, end - at)) === 0xffff;
}

function readBody(bytes: Uint8Array, at: number, end: number, message: GroupMessage): boolean {
  const type = bytes[at]!;
  if (type === REPORT_V2)
    return message.openRecords(bytes, at + HEADER_V2_REPORT, end, read16(bytes, at + 6));
  if (at + HEADER_V1 > end || (type !== QUERY && type !== REPORT_V1 && type !== DONE)) return false;
  message.group.readIpv6(bytes, at + GROUP);
  if (type === QUERY) return readQuery(read16(bytes, at + CODE), end - at, message);
  message.kind = type === DONE ? "leave" : "report";
  message.version = 2;
  return true;
}

function readQuery(code: number, length: number, message: GroupMessage): boolean {
  if (length > HEADER_V1 && length < QUERY_V2) return false;
  message.kind = "query";
  message.version = length >= QUERY_V2 ? 3 : 2;
  message.maxResponseMs = message.version === 3 ? milliseconds(code) : code;
  return true;
}

/** A number with three bits of exponent from 32,768 up [RFC 3810 5.1.3]. */
function milliseconds(code: number): number {
  return code < 0x8000 ? code : (0x1000 | (code & 0x0fff)) << (((code >>> 12) & 0x07) + 3);
}

/** True where a host says what it listens to, or no longer does. */
export function isHostMld({ bytes, transportAt: at, end, protocol }: FrameLayout): boolean {
  if (protocol !== PROTOCOL_ICMPV6 || at < 0 || at >= end) return false;
  const type = bytes[at];
  return type === REPORT_V1 || type === REPORT_V2 || type === DONE;
}

export interface MldQuery {
  /** A link-local address. */
  readonly source: IpGroup;
  /** Null asks for all groups. */
  readonly group: IpGroup | null;
  /** Up to 32,767. */
  readonly maxResponseMs: number;
  /** Seconds between general queries, up to 127, and how often each is said, up to 7. */
  readonly intervalS: number;
  readonly robustness: number;
}

/** The IPv6 packet of a version 2 query, which older hosts understand too [RFC 3810 8.2.1]. */
export function writeMldQuery({ source, group, maxResponseMs, intervalS, robustness }: MldQuery): Uint8Array {
  const packet = new Uint8Array(IP_HEADER.length + QUERY_V2);
  packet.set(IP_HEADER);
  source.write(packet, IPV6_SOURCE);
  group?.write(packet, IPV6_DESTINATION);
  const at = IP_HEADER.length;
  packet[at] = QUERY;
  write16(packet, at + CODE, maxResponseMs);
  group?.write(packet, at + GROUP);
  packet[at + HEADER_V1] = robustness;
  packet[at + HEADER_V1 + 1] = intervalS;
  const pseudo = pseudoHeaderSum6(packet, 0, PROTOCOL_ICMPV6, QUERY_V2);
  write16(packet, at + 2, internetChecksum(packet, at, packet.length, pseudo));
  return packet;
}

/** True for packets by which a router of multicast shows itself: PIM [RFC 7761 4.9] and its discovery [RFC 4286 3]. */
export function isIpv6RouterSign({
  bytes,
  networkAt: ip,
  transportAt: at,
  end,
  protocol,
}: FrameLayout): boolean {
  if (at < 0 || at >= end) return false;
  if (protocol === PROTOCOL_ICMPV6) return bytes[at] === ROUTER_ADVERTISEMENT;
  const toPim =
    read32(bytes, ip + IPV6_DESTINATION) === 0xff02_0000 && read32(bytes, ip + IPV6_DESTINATION + 12) === 13;
  return protocol === PROTOCOL_PIM && bytes[at] === PIM_HELLO && toPim;
}
