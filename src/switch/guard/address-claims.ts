/**
 * Whether a port may say that an address is its own, in ARP [RFC 826] and neighbour discovery [RFC 4861]. An address
 * belongs to the port that DHCP gave it to; one that DHCP did not give belongs to the port that used it first [FCFS,
 * RFC 6620], for as long as that port uses it. `strict` has no first use, but for link-local addresses, which nobody
 * gives.
 */
import { ARP_SENDER_IP, ARP_SENDER_MAC } from "../../frame/arp.js";
import type { FrameCursor } from "../../frame/frame-cursor.js";
import { IPV6_SOURCE } from "../../frame/ip-source.js";
import type { Mac } from "../../frame/mac.js";
import { NeighbourType, NeighbourView } from "../../frame/neighbour-view.js";
import type { PacketView } from "../../frame/packet-view.js";
import { read16, read32 } from "../../frame/segment-fields.js";
import type { Binding, BindingTable } from "./binding-table.js";
import type { Sender } from "./sender.js";

/** "first": whoever uses an address first. "strict": only whom DHCP gave it to. */
export type AddressGuardMode = "off" | "first" | "strict";

/** A first use is forgotten when nothing was heard of it for so long; hosts ask for their neighbours far more often. */
export const FIRST_USE_MS = 1_800_000;
/** Renewed at most this often. */
const RENEW_MS = 10_000;
/** Flags of an advertisement: router, and the rest. */
const FLAGS_AT = 4;

interface Claim {
  readonly vlan: number;
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly length: 4 | 16;
  readonly mac: Mac;
}

export class AddressClaims {
  mode: AddressGuardMode = "off";
  readonly #bindings: BindingTable;
  /** Whether a port of that name is there. */
  readonly #isThere: (portName: string) => boolean;
  readonly #neighbour = new NeighbourView();

  constructor(bindings: BindingTable, isThere: (portName: string) => boolean) {
    this.#bindings = bindings;
    this.#isThere = isThere;
  }

  /** True if the ARP packet may pass; a probe claims nothing [RFC 5227 1.1]. */
  admitsArp({ bytes, networkAt }: PacketView, { vlan }: FrameCursor, sender: Sender, now: number): boolean {
    const at = networkAt + ARP_SENDER_IP;
    if (this.mode === "off" || read32(bytes, at) === 0) return true;
    const mac = macAt(bytes, networkAt + ARP_SENDER_MAC);
    return this.#admits({ vlan, bytes, at, length: 4, mac }, sender, now) !== null;
  }

  /** True if the neighbour discovery message may pass. One that no receiver would take does not. */
  admitsNeighbour(packet: PacketView, frame: FrameCursor, sender: Sender, now: number): boolean {
    const neighbour = this.#neighbour;
    if (this.mode === "off") return true;
    if (!neighbour.read(packet)) return sender.trusted;
    const { bytes, at: message } = packet;
    const mac = neighbour.macAt < 0 ? sourceOf(frame) : macAt(bytes, neighbour.macAt);
    const claim = (at: number) => this.#admits({ vlan: frame.vlan, bytes, at, length: 16, mac }, sender, now);
    if (neighbour.claimAt < 0) return true;
    const binding = claim(neighbour.claimAt);
    if (neighbour.type !== NeighbourType.advertisement) return binding !== null;
    if (binding !== null) binding.flags = bytes[message + FLAGS_AT]!;
    return binding !== null && claim(packet.networkAt + IPV6_SOURCE) !== null;
  }

  /** The binding by which the sender has the address, or null: it may not say so. */
  #admits(claim: Claim, sender: Sender, now: number): Binding | null {
    const found = this.#bindings.find(claim.vlan, claim.bytes, claim.at, claim.length);
    if (found === null || found.expiresAt <= now) return this.#firstUse(claim, sender, now);
    if (found.portName === sender.name) return this.#again(found, claim, sender, now);
    const mayTake = sender.bound || (found.origin === "first" && !this.#isThere(found.portName));
    return mayTake ? this.#firstUse(claim, sender, now) : null;
  }

  #firstUse(claim: Claim, sender: Sender, now: number): Binding | null {
    const { vlan, bytes, at, length, mac } = claim;
    if (this.mode === "strict" && !sender.bound && !isLinkLocal(claim)) return null;
    const binding: Binding = {
      ...{ vlan, mac, portName: sender.name, origin: "first", flags: -1 },
      address: bytes.slice(at, at + length),
      expiresAt: now + FIRST_USE_MS,
    };
    return this.#bindings.put(binding) ? binding : null;
  }

  /** Behind one port an address may go from host to host, unless DHCP has said whose it is. */
  #again(found: Binding, claim: Claim, sender: Sender, now: number): Binding | null {
    const isSameMac = found.mac.high === claim.mac.high && found.mac.low === claim.mac.low;
    if (found.origin === "dhcp") return isSameMac || sender.bound ? found : null;
    if (!isSameMac) return this.#firstUse(claim, sender, now);
    if (found.expiresAt - now < FIRST_USE_MS - RENEW_MS) found.expiresAt = now + FIRST_USE_MS;
    return found;
  }
}

function macAt(bytes: Uint8Array, at: number): Mac {
  return { high: read16(bytes, at), low: read32(bytes, at + 2) | 0 };
}

function sourceOf({ sourceHigh: high, sourceLow: low }: FrameCursor): Mac {
  return { high, low };
}

/** fe80::/10. IPv4's 169.254.0.0/16 is not for networks where DHCP decides. */
function isLinkLocal({ bytes, at, length }: Claim): boolean {
  return length === 16 && bytes[at] === 0xfe && (bytes[at + 1]! & 0xc0) === 0x80;
}
