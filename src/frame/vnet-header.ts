/**
 * Reads the virtio-net header of a kind-1 record [virtio 1.2, 5.1.6] *against the frame behind it*. The header comes
 * from a peer, so nothing in it is believed that the frame does not show as well: a header that passes can be
 * finished to exactly `finishedBytes`, and a kernel takes it. `hdr_len` only says how much a kernel should keep in
 * one piece, and Linux fills in more than the headers on forwarded packets; the true length is worked out here.
 */
import { Offload } from "./offload.js";
import { MAX_FRAME, MIN_FRAME, RECORD_HEADER, VNET_HEADER } from "./record.js";
import {
  DESTINATION_OPTIONS,
  HOP_BY_HOP,
  IPV4_FRAGMENT,
  IPV4_FRAGMENTED,
  IPV4_HEADER,
  IPV4_PROTOCOL,
  IPV4_TOTAL_LENGTH,
  IPV6_HEADER,
  IPV6_NEXT_HEADER,
  IPV6_PAYLOAD_LENGTH,
  networkOffset,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  ROUTING,
  read16,
  TCP_CHECKSUM,
  TCP_DATA_OFFSET,
  TCP_HEADER,
  TYPE_IPV4,
  TYPE_IPV6,
  UDP_CHECKSUM,
  UDP_HEADER,
  UDP_LENGTH,
} from "./segment-fields.js";

/** Values of gso_type. 3 is legacy UDP fragmentation (UFO), which is not taken. */
export const GsoType = { none: 0, tcp4: 1, tcp6: 4, udp: 5 } as const;
/** Bit of gso_type: the first of the resulting frames carries CWR. */
const GSO_ECN = 0x80;
/** Bit of flags. DATA_VALID (2) and RSC_INFO (4) say nothing that has to be done. */
const NEEDS_CSUM = 1;

/** Most frames that one segment may become: 64 KiB in frames of 256 bytes. */
export const MAX_SEGMENTS = 256;
/**
 * Longest header that is repeated in each resulting frame: two VLAN tags and the longest IPv6, TCP and routing
 * headers in use fit several times. Without it, 60 KiB of extension headers times 256 would make 15 MiB of one record.
 */
export const MAX_SEGMENT_HEADER = 512;

/** What a kind-1 record asks for, filled by `readSegment`. Offsets count from the start of the frame. */
export class SegmentView {
  /** One of `GsoType`. */
  gsoType: number = GsoType.none;
  /** Payload bytes of each resulting frame but the last. */
  gsoSize = 0;
  /** The sender marked the segment as one that carries CWR. */
  ecn = false;
  needsCsum = false;
  /** Where the checksum begins, and its field counted from there. */
  csumStart = 0;
  csumOffset = 0;
  /** Bytes that every resulting frame repeats: up to the end of the TCP or UDP header; without GSO the whole frame. */
  headerLength = 0;
  /** Bytes to be divided; 0 without GSO. */
  payloadLength = 0;
  /** The IP header, known only for GSO (version 0 otherwise). */
  ipOffset = 0;
  ipVersion: 0 | 4 | 6 = 0;
  /** Number of resulting frames. */
  segments = 1;
  /** The `Offload` bits that a receiver of the record as it is must list. */
  needs = 0;
  /** Bytes of the longest resulting frame, Ethernet header and tags included. */
  largestFrame = 0;
}

/**
 * Fills `out` from the kind-1 record in bytes[recordStart, recordEnd). False: the frame is `malformed`, and what
 * `out` holds then means nothing.
 */
export function readSegment(
  bytes: Uint8Array,
  recordStart: number,
  recordEnd: number,
  out: SegmentView,
): boolean {
  const header = recordStart + RECORD_HEADER;
  const frame = header + VNET_HEADER;
  const length = recordEnd - frame;
  if (length < MIN_FRAME || length > MAX_FRAME || recordEnd > bytes.length) return false;
  const type = bytes[header + 1]!;
  out.needsCsum = (bytes[header]! & NEEDS_CSUM) !== 0;
  out.ecn = (type & GSO_ECN) !== 0;
  out.gsoType = type & ~GSO_ECN;
  out.gsoSize = readLittle16(bytes, header + 4);
  out.csumStart = readLittle16(bytes, header + 6);
  out.csumOffset = readLittle16(bytes, header + 8);
  // Linux refuses a longer one (EINVAL), so it could be forwarded to no device.
  if (readLittle16(bytes, header + 2) > length) return false;
  if (out.needsCsum && !checksumFits(out, length)) return false;
  return type === GsoType.none ? wholeFrame(out, length) : readGso(bytes, frame, recordEnd, out);
}

/** Writes the ten bytes of the header that says what `view` holds, hdr_len exact. */
export function writeVnetHeader(bytes: Uint8Array, at: number, view: SegmentView): void {
  bytes[at] = view.needsCsum ? NEEDS_CSUM : 0;
  bytes[at + 1] = view.gsoType | (view.ecn ? GSO_ECN : 0);
  writeLittle16(bytes, at + 2, view.gsoType === GsoType.none ? 0 : view.headerLength);
  writeLittle16(bytes, at + 4, view.gsoSize);
  writeLittle16(bytes, at + 6, view.csumStart);
  writeLittle16(bytes, at + 8, view.csumOffset);
}

function checksumFits(view: SegmentView, length: number): boolean {
  return view.csumStart >= MIN_FRAME && view.csumStart + view.csumOffset + 2 <= length;
}

function wholeFrame(out: SegmentView, length: number): boolean {
  out.headerLength = length;
  out.payloadLength = 0;
  out.ipOffset = 0;
  out.ipVersion = 0;
  out.segments = 1;
  out.needs = out.needsCsum ? Offload.csum : 0;
  out.largestFrame = length;
  return true;
}

/** Finds the headers of a segment to be divided, and checks that they are what its type and checksum fields say. */
function readGso(bytes: Uint8Array, frame: number, end: number, out: SegmentView): boolean {
  if (!out.needsCsum || out.gsoSize === 0) return false;
  const offload = offloadOf(out);
  const ip = networkOffset(bytes, frame, end);
  if (offload === 0 || ip < 0) return false;
  const version = versionOf(read16(bytes, ip - 2), out.gsoType);
  if (version === 0) return false;
  const protocol = out.gsoType === GsoType.udp ? PROTOCOL_UDP : PROTOCOL_TCP;
  const transport =
    version === 4 ? transportOfIpv4(bytes, ip, end, protocol) : transportOfIpv6(bytes, ip, end, protocol);
  if (transport < 0 || transport !== frame + out.csumStart) return false;
  const payload =
    protocol === PROTOCOL_UDP ? udpPayload(bytes, transport, end) : tcpPayload(bytes, transport, end);
  if (payload < 0 || out.csumOffset !== (protocol === PROTOCOL_UDP ? UDP_CHECKSUM : TCP_CHECKSUM))
    return false;
  out.ipOffset = ip - frame;
  out.ipVersion = version;
  out.headerLength = payload - frame;
  out.payloadLength = end - payload;
  out.segments = Math.max(1, Math.ceil(out.payloadLength / out.gsoSize));
  out.needs = Offload.csum | offload;
  out.largestFrame = out.headerLength + Math.min(out.gsoSize, out.payloadLength);
  return out.segments <= MAX_SEGMENTS && out.headerLength <= MAX_SEGMENT_HEADER;
}

/** The `Offload` bits of a gso_type besides csum, or 0 where it is not one we know. */
function offloadOf(view: SegmentView): number {
  const ecn = view.ecn ? Offload.ecn : 0;
  if (view.gsoType === GsoType.tcp4) return Offload.tso4 | ecn;
  if (view.gsoType === GsoType.tcp6) return Offload.tso6 | ecn;
  return view.gsoType === GsoType.udp && !view.ecn ? Offload.uso : 0;
}

/** The IP version of an EtherType, or 0 where the gso_type is for another one. */
function versionOf(etherType: number, gsoType: number): 0 | 4 | 6 {
  if (etherType === TYPE_IPV4) return gsoType === GsoType.tcp6 ? 0 : 4;
  if (etherType === TYPE_IPV6) return gsoType === GsoType.tcp4 ? 0 : 6;
  return 0;
}

/** Where the header of `protocol` starts, or -1. The packet must be whole and fill the frame to its end. */
function transportOfIpv4(bytes: Uint8Array, ip: number, end: number, protocol: number): number {
  if (end - ip < IPV4_HEADER || bytes[ip]! >>> 4 !== 4) return -1;
  const header = (bytes[ip]! & 0x0f) * 4;
  if (header < IPV4_HEADER || ip + header > end) return -1;
  if (read16(bytes, ip + IPV4_TOTAL_LENGTH) !== end - ip) return -1;
  if ((read16(bytes, ip + IPV4_FRAGMENT) & IPV4_FRAGMENTED) !== 0) return -1;
  return bytes[ip + IPV4_PROTOCOL] === protocol ? ip + header : -1;
}

/** As `transportOfIpv4`, past extension headers. A fragment header (44) is not walked over, so it is refused. */
function transportOfIpv6(bytes: Uint8Array, ip: number, end: number, protocol: number): number {
  if (end - ip < IPV6_HEADER || bytes[ip]! >>> 4 !== 6) return -1;
  if (read16(bytes, ip + IPV6_PAYLOAD_LENGTH) !== end - ip - IPV6_HEADER) return -1;
  let next = bytes[ip + IPV6_NEXT_HEADER]!;
  let at = ip + IPV6_HEADER;
  while (next === HOP_BY_HOP || next === ROUTING || next === DESTINATION_OPTIONS) {
    if (at + 8 > end || at - ip > MAX_SEGMENT_HEADER) return -1;
    next = bytes[at]!;
    at += (bytes[at + 1]! + 1) * 8;
  }
  return next === protocol && at <= end ? at : -1;
}

function tcpPayload(bytes: Uint8Array, tcp: number, end: number): number {
  if (end - tcp < TCP_HEADER) return -1;
  const header = (bytes[tcp + TCP_DATA_OFFSET]! >>> 4) * 4;
  return header >= TCP_HEADER && tcp + header <= end ? tcp + header : -1;
}

function udpPayload(bytes: Uint8Array, udp: number, end: number): number {
  if (end - udp < UDP_HEADER || read16(bytes, udp + UDP_LENGTH) !== end - udp) return -1;
  return udp + UDP_HEADER;
}

function readLittle16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

function writeLittle16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}
