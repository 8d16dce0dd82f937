/**
 * A run is what coalescing collects: neighbouring TCP segments of one flow, found by comparing each with the first.
 * Numbers only, filled anew for each run. Finding a run reads headers alone; `isIntact` reads the payload too.
 */
import { internetSum, pseudoHeaderSum4, pseudoHeaderSum6, wordsOf } from "./checksum.js";
import { RECORD_HEADER, RecordKind, readHeader } from "./record.js";
import {
  IPV4_CHECKSUM,
  IPV4_DF,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_TOTAL_LENGTH,
  IPV6_HEADER,
  IPV6_NEXT_HEADER,
  IPV6_PAYLOAD_LENGTH,
  networkOffset,
  PROTOCOL_TCP,
  read16,
  read32,
  TCP_ACK,
  TCP_ACKNOWLEDGMENT,
  TCP_CHECKSUM,
  TCP_DATA_OFFSET,
  TCP_FLAGS,
  TCP_HEADER,
  TCP_PSH,
  TCP_SEQUENCE,
  TCP_URGENT,
  TCP_WINDOW,
  TYPE_IPV4,
  TYPE_IPV6,
} from "./segment-fields.js";

/** Most frames in one segment: older kernels refuse more for UDP, and 64 KiB ends a run of 1,024-byte frames. */
const MAX_MERGED = 64;
/** Longest IP packet: the length fields have 16 bits. */
const MAX_PACKET = 65_535;
/** First byte of an IPv4 header without options. */
const PLAIN_IPV4 = 0x45;

export class CoalesceRun {
  /** Where the record of the first frame starts. */
  start = 0;
  /** Frames in the run, and their payload bytes together. */
  segments = 0;
  payloadLength = 0;
  /** Payload bytes of each frame but the last. */
  segmentSize = 0;
  /** IP header, TCP header and payload, from the start of each frame. */
  ipOffset = 0;
  tcpOffset = 0;
  headerLength = 0;
  ipVersion: 4 | 6 = 4;
  /** TCP flags of the last frame. */
  flags = 0;

  /** Bytes of the run's records. */
  get length(): number {
    return this.segments * (RECORD_HEADER + this.headerLength) + this.payloadLength;
  }

  /** Begins a run with the record in bytes[start, end); false where it can be in none. */
  open(bytes: Buffer, start: number, end: number): boolean {
    const frame = start + RECORD_HEADER;
    if (bytes[start] !== RecordKind.frame) return false;
    const ip = networkOffset(bytes, frame, end);
    if (ip < 0) return false;
    const type = read16(bytes, ip - 2);
    const tcp = tcpOffset(bytes, ip, end, type);
    if (tcp < 0 || !carriesData(bytes, tcp, end)) return false;
    const payload = tcp + (bytes[tcp + TCP_DATA_OFFSET]! >>> 4) * 4;
    this.start = start;
    this.segments = 1;
    this.payloadLength = end - payload;
    this.segmentSize = end - payload;
    this.ipOffset = ip - frame;
    this.tcpOffset = tcp - frame;
    this.headerLength = payload - frame;
    this.ipVersion = type === TYPE_IPV4 ? 4 : 6;
    this.flags = bytes[tcp + TCP_FLAGS]!;
    return true;
  }

  /** True if the record at `at`, in a batch up to `end`, is the next segment, its checksums unseen. */
  continuesAt(bytes: Buffer, at: number, end: number): boolean {
    const frame = at + RECORD_HEADER;
    const payload = frame + this.headerLength;
    // Behind a shorter segment or a PSH nothing is appended: both end the run.
    if (this.payloadLength !== this.segments * this.segmentSize || this.flags !== TCP_ACK) return false;
    if (this.segments === MAX_MERGED || payload >= end) return false;
    const first = this.start + RECORD_HEADER + this.tcpOffset + TCP_SEQUENCE;
    const expected = (read32(bytes, first) + this.payloadLength) >>> 0;
    if (read32(bytes, frame + this.tcpOffset + TCP_SEQUENCE) !== expected) return false;
    // Kind 0 has a top byte of 0, so the record header is the length alone.
    const size = readHeader(bytes, at) - this.headerLength;
    if (size <= 0 || size > this.segmentSize || payload + size > end) return false;
    if (this.headerLength - this.ipOffset + this.payloadLength + size > MAX_PACKET) return false;
    return this.#sameTcp(bytes, frame) && this.#sameNetwork(bytes, frame, payload + size);
  }

  /** Appends the frame of `size` bytes at `frame`, of which `continuesAt` was true. */
  append(bytes: Buffer, frame: number, size: number): void {
    this.segments++;
    this.payloadLength += size - this.headerLength;
    this.flags = bytes[frame + this.tcpOffset + TCP_FLAGS]!;
  }

  /**
   * True if the checksums of the frame in bytes[frame, end), which has the run's headers, are right. 0xffff stands
   * for 0 too, and some senders write it, but `finish` would not, so such a frame stays as it is.
   */
  isIntact(bytes: Buffer, frame: number, end: number): boolean {
    const ip = frame + this.ipOffset;
    const tcp = frame + this.tcpOffset;
    if (read16(bytes, tcp + TCP_CHECKSUM) === 0xffff) return false;
    if (this.ipVersion === 4) {
      if (read16(bytes, ip + IPV4_CHECKSUM) === 0xffff || internetSum(bytes, ip, tcp) !== 0xffff)
        return false;
    }
    return internetSum(bytes, tcp, end, this.pseudoHeaderSum(bytes, ip, end - tcp)) === 0xffff;
  }

  /** The folded sum of the pseudo-header for the IP header at `ip` and `length` bytes of TCP. */
  pseudoHeaderSum(bytes: Buffer, ip: number, length: number): number {
    return this.ipVersion === 4
      ? pseudoHeaderSum4(bytes, ip, PROTOCOL_TCP, length)
      : pseudoHeaderSum6(bytes, ip, PROTOCOL_TCP, length);
  }

  /** True if the TCP header is the first frame's but for ports (see `#sameNetwork`), sequence, PSH and checksum. */
  #sameTcp(bytes: Buffer, frame: number): boolean {
    const words = wordsOf(bytes);
    const one = this.start + RECORD_HEADER + this.tcpOffset;
    const other = frame + this.tcpOffset;
    if ((bytes[other + TCP_FLAGS]! & ~TCP_PSH) !== TCP_ACK) return false;
    return (
      isSame(words, one + TCP_ACKNOWLEDGMENT, other + TCP_ACKNOWLEDGMENT, TCP_FLAGS - TCP_ACKNOWLEDGMENT) &&
      isSame(words, one + TCP_WINDOW, other + TCP_WINDOW, TCP_CHECKSUM - TCP_WINDOW) &&
      isSame(words, one + TCP_URGENT, other + TCP_URGENT, this.headerLength - this.tcpOffset - TCP_URGENT)
    );
  }

  /** True if all up to the ports is the first frame's but for the lengths, which must be right, ID and checksum. */
  #sameNetwork(bytes: Buffer, frame: number, end: number): boolean {
    const words = wordsOf(bytes);
    const first = this.start + RECORD_HEADER;
    const one = first + this.ipOffset;
    const other = frame + this.ipOffset;
    const ports = this.tcpOffset - this.ipOffset + TCP_SEQUENCE;
    if (this.ipVersion === 6) {
      return (
        read16(bytes, other + IPV6_PAYLOAD_LENGTH) === end - other - IPV6_HEADER &&
        isSame(words, one + IPV6_NEXT_HEADER, other + IPV6_NEXT_HEADER, ports - IPV6_NEXT_HEADER) &&
        isSame(words, first, frame, this.ipOffset + IPV6_PAYLOAD_LENGTH)
      );
    }
    return (
      read16(bytes, other + IPV4_TOTAL_LENGTH) === end - other &&
      isSame(words, one + IPV4_FRAGMENT, other + IPV4_FRAGMENT, IPV4_CHECKSUM - IPV4_FRAGMENT) &&
      isSame(words, one + IPV4_SOURCE, other + IPV4_SOURCE, ports - IPV4_SOURCE) &&
      isSame(words, first, frame, this.ipOffset + IPV4_TOTAL_LENGTH)
    );
  }
}

/** Where TCP starts in an IP packet that fills the frame and has no options, extension headers or fragments; or -1. */
function tcpOffset(bytes: Buffer, ip: number, end: number, type: number): number {
  if (type === TYPE_IPV4) {
    if (end - ip < IPV4_HEADER + TCP_HEADER || bytes[ip] !== PLAIN_IPV4) return -1;
    if (bytes[ip + IPV4_PROTOCOL] !== PROTOCOL_TCP) return -1;
    if (read16(bytes, ip + IPV4_TOTAL_LENGTH) !== end - ip) return -1;
    return read16(bytes, ip + IPV4_FRAGMENT) === IPV4_DF ? ip + IPV4_HEADER : -1;
  }
  if (type !== TYPE_IPV6 || end - ip < IPV6_HEADER + TCP_HEADER || bytes[ip]! >>> 4 !== 6) return -1;
  if (bytes[ip + IPV6_NEXT_HEADER] !== PROTOCOL_TCP) return -1;
  return read16(bytes, ip + IPV6_PAYLOAD_LENGTH) === end - ip - IPV6_HEADER ? ip + IPV6_HEADER : -1;
}

/** True if the TCP segment in bytes[tcp, end) has data, ACK set and nothing else but perhaps PSH. */
function carriesData(bytes: Buffer, tcp: number, end: number): boolean {
  const offset = bytes[tcp + TCP_DATA_OFFSET]!;
  const header = (offset >>> 4) * 4;
  if ((bytes[tcp + TCP_FLAGS]! & ~TCP_PSH) !== TCP_ACK || (offset & 0x0f) !== 0) return false;
  return header >= TCP_HEADER && tcp + header < end;
}

/** True if `length` bytes at `one` and at `other` are the same. */
function isSame(words: DataView, one: number, other: number, length: number): boolean {
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    if (words.getInt32(one + at, true) !== words.getInt32(other + at, true)) return false;
  }
  for (; at < length; at++) {
    if (words.getUint8(one + at) !== words.getUint8(other + at)) return false;
  }
  return true;
}
