/**
 * Lets a member speak for its own addresses only: as Ethernet source, as sender in ARP, as IPv4 or IPv6 source and in
 * neighbour discovery, also behind VLAN tags and in large segments. Headers that a rule needs and cannot read are
 * refused: a receiver may be more lenient than we are.
 *
 * Every header is read as it will be received. A record of kind 1 has a checksum still to be written, at a place
 * that its sender chose; where that lies within what was read here, the frame is refused as well.
 *
 * What it cannot know: which link-local address belongs to whom, and what is inside of tunnels and PPPoE.
 */
import {
  ARP_LENGTH,
  ARP_SENDER_IP,
  ARP_SENDER_MAC,
  isEthernetArp,
  TYPE_ARP,
  TYPE_RARP,
} from "../frame/arp.js";
import { checksumField } from "../frame/checksum-field.js";
import type { DropReason } from "../frame/drop-reason.js";
import type { FrameCursor } from "../frame/frame-cursor.js";
import { FIRST_ETHERTYPE, IPV6_SOURCE, Ipv6Upper, isIpv4Header, networkStart } from "../frame/ip-source.js";
import {
  claimedTarget,
  isAddressOption,
  isUnspecified,
  mayBeNeighbour,
  neighbourOptions,
  nextOption,
  OPTION_MAC,
} from "../frame/ip-source-neighbour.js";
import { type Cidr, IpSourceSet } from "../frame/ip-source-set.js";
import type { Mac } from "../frame/mac.js";
import { IPV4_HEADER, IPV4_SOURCE, read16, read32, TYPE_IPV4, TYPE_IPV6 } from "../frame/segment-fields.js";
import { MacIndex } from "./mac-index.js";
import type { PolicedPort, Policy } from "./policy.js";

/** Bytes of an option that holds a MAC address. */
const MAC_OPTION = 8;
const REFUSED = -1;

export interface AllowedAddresses {
  /** Any, where this is left out or empty. */
  readonly macs?: readonly Mac[];
  /** Any, where this is left out or empty. One of either version makes every other address of both refused. */
  readonly ips?: readonly Cidr[];
}

export class AddressPolicy implements Policy {
  readonly #macs: MacIndex | null;
  readonly #ipv4: IpSourceSet | null;
  readonly #ipv6: IpSourceSet | null;
  readonly #upper = new Ipv6Upper();

  constructor({ macs = [], ips = [] }: AllowedAddresses) {
    this.#macs = macs.length === 0 ? null : indexOf(macs);
    this.#ipv4 = ips.length === 0 ? null : new IpSourceSet(ips, 4);
    this.#ipv6 = ips.length === 0 ? null : new IpSourceSet(ips, 16);
  }

  admit(_port: PolicedPort, frame: FrameCursor): DropReason | null {
    if (this.#macs !== null && this.#macs.find(frame.sourceHigh, frame.sourceLow) < 0) return "security";
    const at = networkStart(frame.bytes, frame.frameStart, frame.recordEnd);
    if (at < 0) return "security";
    const read = this.#readNetwork(frame.bytes, at, frame.recordEnd);
    return read === REFUSED || checksumField(frame) < read ? "security" : null;
  }

  /** Up to where the headers at bytes[at, end) were read, or REFUSED. */
  #readNetwork(bytes: Uint8Array, at: number, end: number): number {
    const type = read16(bytes, at - 2);
    switch (type) {
      case TYPE_IPV4:
        return this.#readIpv4(bytes, at, end);
      case TYPE_IPV6:
        return this.#readIpv6(bytes, at, end);
      case TYPE_ARP:
      case TYPE_RARP:
        return this.#readArp(bytes, at, end);
      default:
        // All of an LLC header was read, and found to be none of SNAP.
        return type < FIRST_ETHERTYPE ? end : at;
    }
  }

  #readIpv4(bytes: Uint8Array, at: number, end: number): number {
    if (this.#ipv4 === null) return at;
    return isIpv4Header(bytes, at, end) && this.#hasIpv4(bytes, at + IPV4_SOURCE)
      ? at + IPV4_HEADER
      : REFUSED;
  }

  #readArp(bytes: Uint8Array, at: number, end: number): number {
    if (!isEthernetArp(bytes, at, end) || !this.#hasMac(bytes, at + ARP_SENDER_MAC)) return REFUSED;
    return this.#hasIpv4(bytes, at + ARP_SENDER_IP) ? at + ARP_LENGTH : REFUSED;
  }

  #readIpv6(bytes: Uint8Array, at: number, end: number): number {
    const upper = this.#upper;
    if (!upper.read(bytes, at, end) || !this.#hasIpv6(bytes, at + IPV6_SOURCE)) return REFUSED;
    // The type of an ICMPv6 message has been read too.
    if (!mayBeNeighbour(bytes, upper)) return upper.at + 1;
    const options = neighbourOptions(bytes, upper);
    if (options < 0 || !this.#hasOptions(bytes, options, upper.end)) return REFUSED;
    const target = claimedTarget(bytes, at + IPV6_SOURCE, upper);
    return target < 0 || this.#hasIpv6(bytes, target) ? upper.end : REFUSED;
  }

  /** True if the options in bytes[start, end) name no other's MAC address. */
  #hasOptions(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#macs === null) return true;
    for (let at = start; at < end; ) {
      const next = nextOption(bytes, at, end);
      if (next < 0) return false;
      if (isAddressOption(bytes, at)) {
        if (next - at !== MAC_OPTION || !this.#hasMac(bytes, at + OPTION_MAC)) return false;
      }
      at = next;
    }
    return true;
  }

  #hasMac(bytes: Uint8Array, at: number): boolean {
    return this.#macs === null || this.#macs.find(read16(bytes, at), read32(bytes, at + 2) | 0) >= 0;
  }

  /** 0.0.0.0 is for those that have no address yet: DHCP [RFC 2131 4.1], ARP probes [RFC 5227 2.1.1]. */
  #hasIpv4(bytes: Uint8Array, at: number): boolean {
    return this.#ipv4 === null || read32(bytes, at) === 0 || this.#ipv4.has(bytes, at);
  }

  /** Every node gives itself link-local addresses, and asks from :: whether they are free [RFC 4862 5.3, 5.4]. */
  #hasIpv6(bytes: Uint8Array, at: number): boolean {
    if (this.#ipv6 === null || this.#ipv6.has(bytes, at)) return true;
    return (bytes[at] === 0xfe && (bytes[at + 1]! & 0xc0) === 0x80) || isUnspecified(bytes, at);
  }
}

function indexOf(macs: readonly Mac[]): MacIndex {
  const index = new MacIndex(2 ** Math.ceil(Math.log2(macs.length)));
  for (const { high, low } of macs) if (index.find(high, low) < 0) index.insert(high, low, 0, 0);
  return index;
}
