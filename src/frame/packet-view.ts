/**
 * What the guards of a port need to know of a frame: which of the protocols they judge it carries, and where that one's
 * header lies. A sender that wants to be overlooked nests tags, hides behind extension headers or cuts a header off by
 * a fragment [RFC 7113, RFC 7610]; so what a receiver might read and this cannot is `hidden`, never "something else".
 *
 * Every header is read as it will be received. A record of kind 1 has a checksum still to be written, at a place that
 * its sender chose; where that lies in what was read, the frame is hidden, too.
 */
import { isEthernetArp, TYPE_ARP, TYPE_RARP } from "./arp.js";
import { checksumField } from "./checksum-field.js";
import { HIDING_HEADERS } from "./frame-class.js";
import type { FrameCursor } from "./frame-cursor.js";
import { Ipv6Upper, isIpv4Header, networkStart, PROTOCOL_ICMPV6 } from "./ip-source.js";
import {
  IPV4_FRAGMENT,
  IPV4_PROTOCOL,
  IPV4_TOTAL_LENGTH,
  IPV6_HEADER,
  PROTOCOL_UDP,
  read16,
  TYPE_IPV4,
  TYPE_IPV6,
  UDP_CHECKSUM,
  UDP_HEADER,
} from "./segment-fields.js";

/** What a frame carries. Of `ipv4` and `ipv6` the upper protocol is none that is judged, or it is in an earlier fragment. */
export const Packet = { other: 0, hidden: 1, arp: 2, ipv4: 3, udp4: 4, ipv6: 5, udp6: 6, icmp6: 7 } as const;

const IPV4_OFFSET = 0x1fff;
const ICMPV6_CHECKSUM = 2;
/** Type, code and checksum. */
const ICMPV6_HEADER = 4;

export class PacketView {
  /** One of `Packet`. */
  kind: number = Packet.other;
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the ARP packet or the IP header starts. */
  networkAt = 0;
  /** Where the header of UDP or ICMPv6 starts, and where the packet ends. */
  at = 0;
  end = 0;
  /** It is the first of several fragments, or has an IPv6 fragment header. */
  fragment = false;
  /** What is behind the header will be received as it stands here. */
  isFinal = true;
  readonly #upper = new Ipv6Upper();

  /** Looks at the cursor's frame. Nothing is kept of it but where things lie. */
  read(frame: FrameCursor): void {
    this.bytes = frame.bytes;
    const at = networkStart(frame.bytes, frame.frameStart, frame.recordEnd);
    this.networkAt = at;
    this.fragment = false;
    this.isFinal = true;
    this.kind = at < 0 ? Packet.hidden : this.#readNetwork(at, frame.recordEnd);
    if (checksumField(frame) < Number.POSITIVE_INFINITY) this.#judgeChecksum(checksumField(frame));
  }

  #readNetwork(at: number, end: number): number {
    switch (read16(this.bytes, at - 2)) {
      case TYPE_ARP:
      case TYPE_RARP:
        this.end = end;
        return isEthernetArp(this.bytes, at, end) ? Packet.arp : Packet.hidden;
      case TYPE_IPV4:
        return this.#readIpv4(at, end);
      case TYPE_IPV6:
        return this.#readIpv6(at, end);
      default:
        return Packet.other;
    }
  }

  #readIpv4(ip: number, end: number): number {
    const { bytes } = this;
    if (!isIpv4Header(bytes, ip, end)) return Packet.hidden;
    this.at = ip + (bytes[ip]! & 0x0f) * 4;
    this.end = ip + read16(bytes, ip + IPV4_TOTAL_LENGTH);
    if (this.end > end || this.at > this.end) return Packet.hidden;
    const flags = read16(bytes, ip + IPV4_FRAGMENT);
    if (bytes[ip + IPV4_PROTOCOL] !== PROTOCOL_UDP || (flags & IPV4_OFFSET) !== 0) return Packet.ipv4;
    this.fragment = (flags & 0x2000) !== 0;
    return this.at + UDP_HEADER <= this.end ? Packet.udp4 : Packet.hidden;
  }

  #readIpv6(ip: number, end: number): number {
    const upper = this.#upper;
    if (!upper.read(this.bytes, ip, end) || HIDING_HEADERS.includes(upper.protocol)) return Packet.hidden;
    this.at = upper.at;
    this.end = upper.end;
    this.fragment = upper.fragment;
    switch (upper.protocol) {
      case PROTOCOL_UDP:
        return upper.at + UDP_HEADER <= upper.end ? Packet.udp6 : Packet.hidden;
      case PROTOCOL_ICMPV6:
        return upper.at + ICMPV6_HEADER <= upper.end ? Packet.icmp6 : Packet.hidden;
      default:
        return Packet.ipv6;
    }
  }

  /** A checksum goes to its own place in UDP and ICMPv6, and nowhere into the headers of other packets. */
  #judgeChecksum(field: number): void {
    const { at, kind } = this;
    if (kind === Packet.udp4 || kind === Packet.udp6) {
      this.isFinal = field === at + UDP_CHECKSUM;
      if (!this.isFinal && field < at + UDP_HEADER) this.kind = Packet.hidden;
    } else if (kind === Packet.icmp6) {
      if (field !== at + ICMPV6_CHECKSUM) this.kind = Packet.hidden;
    } else if (kind === Packet.arp) {
      this.kind = Packet.hidden;
    } else if (field < this.#headersEnd()) this.kind = Packet.hidden;
  }

  #headersEnd(): number {
    if (this.kind === Packet.ipv4) return this.at;
    return this.kind === Packet.ipv6 ? Math.max(this.at, this.networkAt + IPV6_HEADER) : this.networkAt;
  }
}
