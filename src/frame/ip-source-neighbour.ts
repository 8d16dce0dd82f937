/**
 * Neighbour discovery [RFC 4861 4]: the messages by which a node tells others where an IPv6 address is to be found.
 * Each has options behind a fixed part; three name a target.
 */
import { type Ipv6Upper, PROTOCOL_ICMPV6 } from "./ip-source.js";

const FIRST_TYPE = 133;
const NEIGHBOUR_SOLICITATION = 135;
const LAST_TYPE = 137;
/** Bytes before the options in router solicitation and advertisement, those of neighbours, and redirect. */
const FIXED = Uint8Array.of(8, 16, 24, 24, 40);
const TARGET = 8;

/** Options with a link-layer address, the sender's and the target's; on Ethernet their length is 1. */
const SOURCE_ADDRESS = 1;
const TARGET_ADDRESS = 2;
/** Where the address lies in such an option. */
export const OPTION_MAC = 2;

/** True if `upper` is neighbour discovery, or too short an ICMPv6 message to tell. */
export function mayBeNeighbour(bytes: Uint8Array, upper: Ipv6Upper): boolean {
  if (upper.protocol !== PROTOCOL_ICMPV6) return false;
  return upper.at >= upper.end || (bytes[upper.at]! >= FIRST_TYPE && bytes[upper.at]! <= LAST_TYPE);
}

/** Where the options of a neighbour discovery message start; -1 where it is cut short, or in a fragment [RFC 6980]. */
export function neighbourOptions(bytes: Uint8Array, upper: Ipv6Upper): number {
  if (upper.fragment || upper.at >= upper.end) return -1;
  const options = upper.at + FIXED[bytes[upper.at]! - FIRST_TYPE]!;
  return options <= upper.end ? options : -1;
}

/**
 * Where the target lies that the message speaks for, or -1. A solicitation merely asks for its target, unless its
 * source is unspecified: then the sender is about to take it [RFC 4862 5.4].
 */
export function claimedTarget(bytes: Uint8Array, source: number, upper: Ipv6Upper): number {
  if (!mayBeNeighbour(bytes, upper) || neighbourOptions(bytes, upper) < 0) return -1;
  const type = bytes[upper.at]!;
  if (type < NEIGHBOUR_SOLICITATION) return -1;
  if (type === NEIGHBOUR_SOLICITATION && !isUnspecified(bytes, source)) return -1;
  return upper.at + TARGET;
}

/** Where the option behind the one at `at` starts; -1 where its length is 0 [RFC 4861 4.6] or passes `end`. */
export function nextOption(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end || bytes[at + 1] === 0) return -1;
  const next = at + bytes[at + 1]! * 8;
  return next <= end ? next : -1;
}

/** True if the option at `at` is to hold a link-layer address. */
export function isAddressOption(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === SOURCE_ADDRESS || bytes[at] === TARGET_ADDRESS;
}

/** True for :: at bytes[at]. */
export function isUnspecified(bytes: Uint8Array, at: number): boolean {
  for (let octet = at; octet < at + 16; octet++) if (bytes[octet] !== 0) return false;
  return true;
}
