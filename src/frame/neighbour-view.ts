/** A neighbour discovery message read for those who hold its addresses against what they know [RFC 4861 4]. */
import { IPV6_SOURCE } from "./ip-source.js";
import { isAddressOption, isUnspecified, nextOption, OPTION_MAC } from "./ip-source-neighbour.js";
import { Packet, type PacketView } from "./packet-view.js";

/** Types of messages. */
export const NeighbourType = {
  routerSolicitation: 133,
  routerAdvertisement: 134,
  solicitation: 135,
  advertisement: 136,
  redirect: 137,
} as const;

/** Bytes before the options, by type from 133 on. */
const FIXED = [8, 16, 24, 24, 40];
/** Bytes of an option that holds a MAC address. */
const MAC_OPTION = 8;
const HOP_LIMIT = 7;
/** Who is further away than this link cannot send it [RFC 4861 7.1]. */
const FROM_THIS_LINK = 255;

export class NeighbourView {
  type = 0;
  /** Where the target of a solicitation, an advertisement or a redirect lies; -1: it has none. */
  targetAt = -1;
  /** Where the address lies that the sender claims: its target, else its source; -1: none. */
  claimAt = -1;
  /** Where the link-layer address lies that an option names; -1 without one. */
  macAt = -1;

  /** Reads the ICMPv6 message of `packet`. False: it is no discovery, or no receiver would take it. */
  read(packet: PacketView): boolean {
    const { bytes, at, end, networkAt } = packet;
    if (packet.kind !== Packet.icmp6 || packet.fragment || !packet.isFinal) return false;
    this.type = bytes[at]!;
    const fixed = FIXED[this.type - NeighbourType.routerSolicitation];
    if (fixed === undefined || at + fixed > end || bytes[networkAt + HOP_LIMIT] !== FROM_THIS_LINK)
      return false;
    this.targetAt = fixed >= 24 ? at + 8 : -1;
    this.claimAt = this.#claim(packet);
    return this.#readOptions(bytes, at + fixed, end);
  }

  /** A solicitation speaks for its target only from the unspecified address: it is about to take it [RFC 4862 5.4]. */
  #claim({ bytes, networkAt }: PacketView): number {
    const source = networkAt + IPV6_SOURCE;
    if (this.type === NeighbourType.advertisement) return this.targetAt;
    if (!isUnspecified(bytes, source)) return source;
    return this.type === NeighbourType.solicitation ? this.targetAt : -1;
  }

  #readOptions(bytes: Uint8Array, start: number, end: number): boolean {
    this.macAt = -1;
    for (let at = start; at < end; ) {
      const next = nextOption(bytes, at, end);
      if (next < 0) return false;
      if (isAddressOption(bytes, at)) {
        if (next - at !== MAC_OPTION) return false;
        this.macAt = at + OPTION_MAC;
      }
      at = next;
    }
    return true;
  }
}
