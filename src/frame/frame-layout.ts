/**
 * Where the headers of one frame lie, as far as a filter has to know them: VLAN tags, the network header, the protocol
 * above it and its header. Only what the frame shows counts, not the lengths that it claims, so that a frame cut short
 * is seen as far as it goes. `read` it, then ask; nothing allocates.
 */
import { isEthernetArp, TYPE_ARP, TYPE_RARP } from "./arp.js";
import { ETHERTYPE, TAG_8021Q, TAG_CONTROL, VLAN_ID_MASK, VLAN_TAG } from "./ethernet.js";
import {
  DESTINATION_OPTIONS,
  HOP_BY_HOP,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_PROTOCOL,
  IPV6_HEADER,
  IPV6_NEXT_HEADER,
  ROUTING,
  read16,
  TYPE_IPV4,
  TYPE_IPV6,
} from "./segment-fields.js";

/** Tags behind each other that are looked through: two are in use [802.1Q 5.5], further ones in attacks. */
export const MAX_TAGS = 4;
/** Extension headers that are looked through: all there are, destination options twice [RFC 8200 4.1]. */
export const MAX_EXTENSIONS = 8;
/** Provider tags [802.1Q table 9-1], and those in use before them. */
const TAG_PROVIDER = 0x88a8;
const TAG_OLD = 0x9100;
const IPV4_OFFSET = 0x1fff;
const FRAGMENT = 44;
const EXTENSION_HEADER = 8;

/** What the network header of a frame is. */
export const Network = { none: 0, ipv4: 1, ipv6: 2, arp: 4, rarp: 8 } as const;

/** How deep `read` looks; a filter on addresses need not find the ports. */
export const Depth = { link: 0, network: 1, transport: 2 } as const;

export class FrameLayout {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  tags = 0;
  /** Of what follows the tags; -1 where the frame ends before it. */
  etherType = -1;
  /** One of `Network`: only what is there with all of its fixed header. */
  network = 0;
  networkAt = 0;
  /** The protocol over IP, behind extension headers; -1 where there is none, or it cannot be seen. */
  protocol = -1;
  /** Where its header starts; -1 for fragments behind the first. */
  transportAt = -1;

  /** Takes the frame of at least 14 bytes in bytes[start, end). */
  read(bytes: Uint8Array, start: number, end: number, depth: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.#readTags();
    if (depth >= Depth.network) this.#readNetwork();
    if (depth >= Depth.transport) this.#readProtocol();
  }

  /** True if the EtherType, or the type of a tag, is this one. */
  hasType(type: number): boolean {
    for (let tag = 0; tag < this.tags; tag++) {
      if (read16(this.bytes, this.start + ETHERTYPE + tag * VLAN_TAG) === type) return true;
    }
    return this.etherType === type;
  }

  /** True if one of the tags has this VLAN ID. */
  hasVlan(id: number): boolean {
    for (let tag = 0; tag < this.tags; tag++) {
      const control = read16(this.bytes, this.start + TAG_CONTROL + tag * VLAN_TAG);
      if ((control & VLAN_ID_MASK) === id) return true;
    }
    return false;
  }

  /** The 16 bits at `offset` of the protocol's header; -1 where they are not there. */
  transport16(offset: number): number {
    const at = this.transportAt + offset;
    return this.transportAt >= 0 && at + 2 <= this.end ? read16(this.bytes, at) : -1;
  }

  #readTags(): void {
    let at = this.start + ETHERTYPE;
    let type = read16(this.bytes, at);
    this.tags = 0;
    while (this.tags < MAX_TAGS && isTag(type) && at + VLAN_TAG <= this.end) {
      this.tags++;
      at += VLAN_TAG;
      type = at + 2 <= this.end ? read16(this.bytes, at) : -1;
    }
    this.etherType = type;
    this.networkAt = at + 2;
  }

  #readNetwork(): void {
    const { bytes, networkAt: at, end, etherType: type } = this;
    this.network = Network.none;
    if (type === TYPE_IPV4) {
      const whole = at + IPV4_HEADER <= end && bytes[at]! >>> 4 === 4 && (bytes[at]! & 0x0f) >= 5;
      if (whole) this.network = Network.ipv4;
    } else if (type === TYPE_IPV6) {
      if (at + IPV6_HEADER <= end && bytes[at]! >>> 4 === 6) this.network = Network.ipv6;
    } else if ((type === TYPE_ARP || type === TYPE_RARP) && isEthernetArp(bytes, at, end)) {
      this.network = type === TYPE_ARP ? Network.arp : Network.rarp;
    }
  }

  #readProtocol(): void {
    this.protocol = -1;
    this.transportAt = -1;
    if (this.network === Network.ipv4) this.#readIpv4();
    else if (this.network === Network.ipv6) this.#readIpv6();
  }

  #readIpv4(): void {
    const { bytes, networkAt: at } = this;
    this.protocol = bytes[at + IPV4_PROTOCOL]!;
    const first = (read16(bytes, at + IPV4_FRAGMENT) & IPV4_OFFSET) === 0;
    if (first) this.transportAt = at + (bytes[at]! & 0x0f) * 4;
  }

  #readIpv6(): void {
    const { bytes, end } = this;
    let at = this.networkAt + IPV6_HEADER;
    let next = bytes[this.networkAt + IPV6_NEXT_HEADER]!;
    for (let count = 0; isExtension(next); count++) {
      if (count === MAX_EXTENSIONS || at + EXTENSION_HEADER > end) return;
      const offset = next === FRAGMENT ? read16(bytes, at + 2) >>> 3 : 0;
      const length = next === FRAGMENT ? EXTENSION_HEADER : (bytes[at + 1]! + 1) * EXTENSION_HEADER;
      next = bytes[at]!;
      if (offset > 0) {
        this.protocol = next;
        return;
      }
      at += length;
    }
    this.protocol = next;
    this.transportAt = at;
  }
}

function isTag(type: number): boolean {
  return type === TAG_8021Q || type === TAG_PROVIDER || type === TAG_OLD;
}

/** Authentication (51) is none here: it is a protocol in IPv4, and `ah` finds it in both. */
function isExtension(protocol: number): boolean {
  return (
    protocol === HOP_BY_HOP ||
    protocol === ROUTING ||
    protocol === FRAGMENT ||
    protocol === DESTINATION_OPTIONS
  );
}
