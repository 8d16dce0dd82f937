/**
 * What work on a frame is still to be done, as a set of bits. A record of kind 1 *needs* some; a receiver *lists*
 * those that it can take. Bit for bit the TUN_F_* values of linux/if_tun.h (which knows USO as two bits that
 * are only valid together, so one name stands for both).
 */
export const Offload = {
  /** Checksum to be completed (TUN_F_CSUM). */
  csum: 0x01,
  /** TCP over IPv4 to be segmented (TUN_F_TSO4). */
  tso4: 0x02,
  /** TCP over IPv6 to be segmented (TUN_F_TSO6). */
  tso6: 0x04,
  /** Segmentation of a frame that carries ECN's CWR (TUN_F_TSO_ECN). */
  ecn: 0x08,
  /** UDP to be segmented, IPv4 and IPv6 (TUN_F_USO4 | TUN_F_USO6, Linux 6.2). */
  uso: 0x60,
} as const;

/** The name of one offload, as `capabilities.offload` lists it. */
export type OffloadName = keyof typeof Offload;

/** Every offload there is. */
export const ALL_OFFLOADS = Object.values(Offload).reduce((mask, bits) => mask | bits, 0);

const NAMES = Object.keys(Offload) as OffloadName[];

/** The set of the offloads in `names`. Names this version does not know are ignored: a newer peer may list them. */
export function offloadMask(names: readonly string[]): number {
  let mask = 0;
  for (const name of NAMES) if (names.includes(name)) mask |= Offload[name];
  return mask;
}

/** The names of the offloads in `mask`, in the order of `Offload`; one bit of `uso` alone counts for nothing. */
export function offloadNames(mask: number): OffloadName[] {
  return NAMES.filter((name) => (mask & Offload[name]) === Offload[name]);
}
