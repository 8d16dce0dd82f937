/**
 * Whose address a frame speaks for: finding the network header, and the IPv6 header chain up to neighbour discovery.
 * A sender that wants to be overlooked hides it behind stacked VLAN tags, an LLC/SNAP header that the next bridge to
 * Wi-Fi takes off (both VU#855201), extension headers or fragments [RFC 7113]. So whatever cannot be looked through
 * to its end is answered as such, never as "nothing there".
 */
import { TAG_8021Q } from "./ethernet.js";
import {
  DESTINATION_OPTIONS,
  HOP_BY_HOP,
  IPV4_HEADER,
  IPV6_HEADER,
  IPV6_NEXT_HEADER,
  IPV6_PAYLOAD_LENGTH,
  networkOffset,
  ROUTING,
  read16,
  read32,
} from "./segment-fields.js";

/** Source and destination in an IPv6 header [RFC 8200 3]. */
export const IPV6_SOURCE = 8;
export const PROTOCOL_ICMPV6 = 58;

const FRAGMENT = 44;
const AUTHENTICATION = 51;
/** Stands for what follows the first fragment: no header at all. */
const NO_HEADER = -1;
/** All extension headers at once, destination options twice [RFC 8200 4.1]. */
const MAX_EXTENSIONS = 7;

/** The least EtherType; what is below is a length, with an LLC header behind it [IEEE 802.3 3.2.6]. */
export const FIRST_ETHERTYPE = 0x0600;
/** LLC and SNAP header: AA-AA-03, three octets of organisation, EtherType. */
const SNAP_HEADER = 8;
const SNAP = 0xaaaa_0300;
/** The lower two octets of the organisations whose next two are an EtherType [RFC 1042, IEEE 802.1H]. */
const RFC_1042 = 0x0000;
const BRIDGE_TUNNEL = 0x00f8;
/** Tags that hide what is behind them; the third was in use before 802.1ad. */
const TAGS = [TAG_8021Q, 0x88a8, 0x9100] as const;

/**
 * Where the network header of the frame in bytes[frame, end) starts, behind at most two VLAN tags and LLC/SNAP; its
 * EtherType is the two bytes before. -1 where the frame ends before that, or goes on with still another tag.
 */
export function networkStart(bytes: Uint8Array, frame: number, end: number): number {
  const tagged = networkOffset(bytes, frame, end);
  if (tagged < 0) return -1;
  const at = tagged + (isSnap(bytes, tagged, end) ? SNAP_HEADER : 0);
  const type = read16(bytes, at - 2);
  return type === TAGS[0] || type === TAGS[1] || type === TAGS[2] ? -1 : at;
}

function isSnap(bytes: Uint8Array, at: number, end: number): boolean {
  if (read16(bytes, at - 2) >= FIRST_ETHERTYPE || at + SNAP_HEADER > end) return false;
  if (read32(bytes, at) !== SNAP) return false;
  const organisation = read16(bytes, at + 4);
  return organisation === RFC_1042 || organisation === BRIDGE_TUNNEL;
}

/** True if bytes[at, end) starts with an IPv4 header. */
export function isIpv4Header(bytes: Uint8Array, at: number, end: number): boolean {
  return at + IPV4_HEADER <= end && bytes[at]! >>> 4 === 4 && (bytes[at]! & 0x0f) * 4 >= IPV4_HEADER;
}

/** The upper-layer header of an IPv6 packet, filled by `read`. */
export class Ipv6Upper {
  /** Its protocol number; none for a fragment after the first. */
  protocol: number = NO_HEADER;
  /** Where it starts, and where the packet ends. */
  at = 0;
  end = 0;
  /** The packet has a fragment header. */
  fragment = false;

  /** Reads the packet at bytes[ip, end), padding behind it allowed. False: cut short, or its headers are nonsense. */
  read(bytes: Uint8Array, ip: number, end: number): boolean {
    if (ip + IPV6_HEADER > end || bytes[ip]! >>> 4 !== 6) return false;
    this.at = ip + IPV6_HEADER;
    this.end = this.at + read16(bytes, ip + IPV6_PAYLOAD_LENGTH);
    this.protocol = bytes[ip + IPV6_NEXT_HEADER]!;
    this.fragment = false;
    if (this.end > end) return false;
    for (let count = 0; this.#isExtension(); count++) {
      if (count === MAX_EXTENSIONS || !this.#skip(bytes)) return false;
    }
    return true;
  }

  #isExtension(): boolean {
    switch (this.protocol) {
      case HOP_BY_HOP:
      case ROUTING:
      case DESTINATION_OPTIONS:
      case FRAGMENT:
      case AUTHENTICATION:
        return true;
      default:
        return false;
    }
  }

  /** Steps over the extension header at hand. All of it must be in the first fragment [RFC 7112]. */
  #skip(bytes: Uint8Array): boolean {
    const { at, protocol } = this;
    if (at + 8 > this.end) return false;
    this.protocol = bytes[at]!;
    if (protocol === FRAGMENT) {
      this.fragment = true;
      this.at = at + 8;
      if (read16(bytes, at + 2) >= 8) this.protocol = NO_HEADER; // an offset, above three other bits
      return true;
    }
    this.at = at + (protocol === AUTHENTICATION ? (bytes[at + 1]! + 2) * 4 : (bytes[at + 1]! + 1) * 8);
    return this.at <= this.end;
  }
}
