/** Byte offsets and fixed values of an Ethernet frame [IEEE 802.3 clause 3, IEEE 802.1Q clause 9]. */

export const DESTINATION = 0;
export const SOURCE = 6;
export const ETHERTYPE = 12;
/** Tag control information: priority (3 bits), drop eligible (1), VLAN ID (12). Only behind a tag's EtherType. */
export const TAG_CONTROL = 14;

export const ETHERNET_HEADER = 14;
export const VLAN_TAG = 4;
/** EtherType of a customer VLAN tag [802.1Q table 9-1]. */
export const TAG_8021Q = 0x8100;
/** EtherType of a service VLAN tag, the outer one of two [802.1Q table 9-1]. */
export const TAG_SERVICE = 0x88a8;
export const VLAN_ID_MASK = 0x0fff;

/**
 * True for 01-80-C2-00-00-00 to -0F, which a bridge does not forward by itself [802.1Q table 8-1].
 * Takes the destination as `Mac` has it; the last octet's low four bits say which one it is.
 */
export function isReserved(high: number, low: number): boolean {
  return high === 0x0180 && (low & ~0x0f) === (0xc2000000 | 0);
}

/** Names of reserved addresses, by their last four bits [802.1Q table 8-1]. */
export const RESERVED_ADDRESSES = {
  /** Spanning tree (STP, RSTP, MSTP). */
  bpdu: 0x0,
  /** MAC control: PAUSE, priority flow control. Consumed by every station, never forwarded. */
  pause: 0x1,
  /** Slow protocols: LACP, link OAM. */
  lacp: 0x2,
  /** Port authentication (802.1X), MACsec key agreement. */
  eapol: 0x3,
  /** Provider bridges' spanning tree. */
  "provider-bpdu": 0x8,
  /** Provider bridges' MVRP. */
  "provider-mvrp": 0xd,
  /** Link layer discovery. */
  lldp: 0xe,
} as const;
export type ReservedName = keyof typeof RESERVED_ADDRESSES;

/** A bit for each reserved address that is passed on: BPDUs, what is named, and never PAUSE. */
export function forwardedMask(names: readonly ReservedName[]): number {
  let mask = 1 << RESERVED_ADDRESSES.bpdu;
  for (const name of names) mask |= 1 << RESERVED_ADDRESSES[name];
  return mask & ~(1 << RESERVED_ADDRESSES.pause);
}
