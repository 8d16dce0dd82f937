/**
 * What a filter can ask of one frame, as a number and up to eight arguments: the leaves of an expression, and the
 * instructions of a compiled filter.
 */

export const Ask = {
  /** (high, low): the address, as `Mac` has it. */
  macSource: 0,
  macDestination: 1,
  /** The group bit of the destination: multicast and broadcast. */
  group: 2,
  broadcast: 3,
  /** (type): behind the tags, or the type of a tag. */
  etherType: 4,
  /** Any tag at all. */
  tagged: 5,
  /** (id): any of the tags. */
  vlan: 6,
  /** (families, protocol). */
  protocol: 7,
  /** (families, address, mask). */
  source4: 8,
  destination4: 9,
  /** (four words of address, four of mask). */
  source6: 10,
  destination6: 11,
  /** (families, protocol or 0, lowest, highest). */
  sourcePort: 12,
  destinationPort: 13,
} as const;

/** Whose addresses and protocols are meant, a set of bits. */
export const Family = { ipv4: 1, ipv6: 2, arp: 4, rarp: 8 } as const;

/** One question. */
export interface Test {
  readonly ask: number;
  readonly args: readonly number[];
}

/** An expression as it was written. */
export type Expression =
  | { readonly kind: "test"; readonly test: Test }
  | { readonly kind: "not"; readonly of: Expression }
  | { readonly kind: "and" | "or"; readonly left: Expression; readonly right: Expression };
