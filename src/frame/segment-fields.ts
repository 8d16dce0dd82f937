/**
 * Where the fields lie that segmentation reads and writes, and the accessors for them: Node's own `readUInt16BE`
 * checks its argument each time, which costs ten times the read.
 */
import { ETHERTYPE, TAG_8021Q, TAG_SERVICE, VLAN_TAG } from "./ethernet.js";

/** EtherTypes [IEEE 802 numbers]. */
export const TYPE_IPV4 = 0x0800;
export const TYPE_IPV6 = 0x86dd;
const MAX_TAGS = 2;

/** IPv4 header [RFC 791 3.1]. */
export const IPV4_HEADER = 20;
export const IPV4_TOTAL_LENGTH = 2;
export const IPV4_ID = 4;
export const IPV4_FRAGMENT = 6;
export const IPV4_PROTOCOL = 9;
export const IPV4_CHECKSUM = 10;
export const IPV4_SOURCE = 12;
/** Don't fragment, in `IPV4_FRAGMENT`. */
export const IPV4_DF = 0x4000;
/** More fragments, and the fragment's offset: anything but 0 is a fragment. */
export const IPV4_FRAGMENTED = 0x3fff;

/** IPv6 header [RFC 8200 3]. */
export const IPV6_HEADER = 40;
export const IPV6_PAYLOAD_LENGTH = 4;
export const IPV6_NEXT_HEADER = 6;

/** Protocol numbers, and the IPv6 extension headers that may stand before them [RFC 8200 4]. */
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
export const HOP_BY_HOP = 0;
export const ROUTING = 43;
export const DESTINATION_OPTIONS = 60;

/** TCP header [RFC 9293 3.1]. */
export const TCP_HEADER = 20;
export const TCP_SEQUENCE = 4;
export const TCP_ACKNOWLEDGMENT = 8;
/** Header length in words (high four bits), then four bits of which only AE is in use [RFC 9768]. */
export const TCP_DATA_OFFSET = 12;
export const TCP_FLAGS = 13;
export const TCP_WINDOW = 14;
export const TCP_CHECKSUM = 16;
export const TCP_URGENT = 18;
export const TCP_FIN = 0x01;
export const TCP_PSH = 0x08;
export const TCP_ACK = 0x10;
export const TCP_CWR = 0x80;

/** UDP header [RFC 768]. */
export const UDP_HEADER = 8;
export const UDP_LENGTH = 4;
export const UDP_CHECKSUM = 6;

export function read16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function read32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** Writes `value` modulo 2^16. */
export function write16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** Writes `value` modulo 2^32. */
export function write32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/**
 * Where the network header of the frame in bytes[frame, end) starts, right behind its EtherType and at most two
 * VLAN tags; -1 where the frame ends before it.
 */
export function networkOffset(bytes: Uint8Array, frame: number, end: number): number {
  let at = frame + ETHERTYPE;
  for (let tags = 0; tags < MAX_TAGS && at + 2 <= end; tags++) {
    const type = read16(bytes, at);
    if (type !== TAG_8021Q && type !== TAG_SERVICE) break;
    at += VLAN_TAG;
  }
  return at + 2 <= end ? at + 2 : -1;
}
