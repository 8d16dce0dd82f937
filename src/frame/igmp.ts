/** Reading IGMP [RFC 1112 appendix I, RFC 2236, RFC 3376], and writing its queries. */
import { internetChecksum, internetSum } from "./checksum.js";
import type { FrameLayout } from "./frame-layout.js";
import type { GroupMessage } from "./group-message.js";
import type { IpGroup } from "./ip-group.js";
import {
  IPV4_CHECKSUM,
  IPV4_FRAGMENT,
  IPV4_FRAGMENTED,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_TOTAL_LENGTH,
  read16,
  read32,
  write16,
  write32,
} from "./segment-fields.js";

export const PROTOCOL_IGMP = 2;

const QUERY = 0x11;
const REPORT_V1 = 0x12;
const REPORT_V2 = 0x16;
const LEAVE = 0x17;
const REPORT_V3 = 0x22;
const GROUP = 4;
const HEADER = 8;
/** From this length on a query is one of version 3 [RFC 3376 7.1]. */
const QUERY_V3 = 12;
/** What hosts of the first version take, which do not read the field [RFC 2236 4]. */
const V1_RESPONSE_MS = 10_000;
const ALL_HOSTS = 0xe000_0001;
/** IPv4 header of a query: 24 bytes, internetwork control, hop limit 1, router alert [RFC 2113, RFC 3376 4]. */
const IP_HEADER = Buffer.from("46c0002400000000010200000000000000000000" + "94040000", "hex");

/** Reads what the IGMP message in the frame says; false where it is none, or damaged. */
export function readIgmp(
  { bytes, networkAt: ip, transportAt: at, end, protocol }: FrameLayout,
  message: GroupMessage,
): boolean {
  if (protocol !== PROTOCOL_IGMP || at < 0) return false;
  if ((read16(bytes, ip + IPV4_FRAGMENT) & IPV4_FRAGMENTED) !== 0) return false;
  const last = ip + read16(bytes, ip + IPV4_TOTAL_LENGTH);
  if (last > end || at + HEADER > last || internetSum(bytes, at, last) !== 0xffff) return false;
  message.source.readIpv4(bytes, ip + IPV4_SOURCE);
  return readBody(bytes, at, last, message);
}

function readBody(bytes: Uint8Array, at: number, end: number, message: GroupMessage): boolean {
  const type = bytes[at]!;
  if (type === REPORT_V3) return message.openRecords(bytes, at + HEADER, end, read16(bytes, at + 6));
  message.group.readIpv4(bytes, at + GROUP);
  if (type === QUERY) return readQuery(bytes[at + 1]!, end - at, message);
  if (type !== REPORT_V1 && type !== REPORT_V2 && type !== LEAVE) return false;
  message.kind = type === LEAVE ? "leave" : "report";
  message.version = type === REPORT_V1 ? 1 : 2;
  return true;
}

function readQuery(code: number, length: number, message: GroupMessage): boolean {
  if (length > HEADER && length < QUERY_V3) return false;
  message.kind = "query";
  message.version = length >= QUERY_V3 ? 3 : code === 0 ? 1 : 2;
  message.maxResponseMs =
    message.version === 1 ? V1_RESPONSE_MS : 100 * (message.version === 3 ? tenths(code) : code);
  return true;
}

/** A number with three bits of exponent from 128 up [RFC 3376 4.1.1]. */
function tenths(code: number): number {
  return code < 0x80 ? code : (0x10 | (code & 0x0f)) << (((code >>> 4) & 0x07) + 3);
}

/** True where a host says what it listens to, or no longer does. */
export function isHostIgmp({ bytes, transportAt: at, end, protocol }: FrameLayout): boolean {
  if (protocol !== PROTOCOL_IGMP || at < 0 || at >= end) return false;
  const type = bytes[at];
  return type === REPORT_V1 || type === REPORT_V2 || type === REPORT_V3 || type === LEAVE;
}

export interface IgmpQuery {
  readonly source: IpGroup;
  /** Null asks for all groups. */
  readonly group: IpGroup | null;
  /** Up to 12.7 s. */
  readonly maxResponseMs: number;
  /** Seconds between general queries, up to 127, and how often each is said, up to 7. */
  readonly intervalS: number;
  readonly robustness: number;
}

/** The IPv4 packet of a version 3 query, which older hosts understand too [RFC 3376 7.2.1]. */
export function writeIgmpQuery({
  source,
  group,
  maxResponseMs,
  intervalS,
  robustness,
}: IgmpQuery): Uint8Array {
  const packet = new Uint8Array(IP_HEADER.length + QUERY_V3);
  packet.set(IP_HEADER);
  source.write(packet, IPV4_SOURCE);
  if (group === null) write32(packet, IPV4_SOURCE + 4, ALL_HOSTS);
  else group.write(packet, IPV4_SOURCE + 4);
  write16(packet, IPV4_CHECKSUM, internetChecksum(packet, 0, IP_HEADER.length));
  const at = IP_HEADER.length;
  packet[at] = QUERY;
  packet[at + 1] = maxResponseMs / 100;
  group?.write(packet, at + GROUP);
  packet[at + HEADER] = robustness;
  packet[at + HEADER + 1] = intervalS;
  write16(packet, at + 2, internetChecksum(packet, at, packet.length));
  return packet;
}

/** True for packets by which a router of multicast shows itself: PIM [RFC 7761 4.9] and its discovery [RFC 4286 3]. */
export function isIpv4RouterSign({ bytes, networkAt: ip, transportAt: at, end }: FrameLayout): boolean {
  const protocol = bytes[ip + IPV4_PROTOCOL];
  if (protocol === PROTOCOL_PIM)
    return at >= 0 && at < end && bytes[at] === PIM_HELLO && read32(bytes, ip + 16) === ALL_PIM;
  return protocol === PROTOCOL_IGMP && at >= 0 && at < end && bytes[at] === ROUTER_ADVERTISEMENT;
}

export const PROTOCOL_PIM = 103;
/** Version 2, type hello. */
export const PIM_HELLO = 0x20;
const ALL_PIM = 0xe000_000d;
const ROUTER_ADVERTISEMENT = 0x30;
