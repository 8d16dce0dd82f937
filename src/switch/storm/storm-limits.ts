/**
 * How much of what goes to everybody one port may send. Such frames cost as many sends as there are ports, and
 * in a loop they multiply without end; the bounds keep the rest alive until the loop is found. They are generous: no
 * sound network comes near, and whoever streams more raises them.
 */

export const STORM_KINDS = ["broadcast", "multicast", "unknown"] as const;
/** "unknown" is unicast to an address that has not been learned. */
export type StormKind = (typeof STORM_KINDS)[number];

/** Per second; either may be infinite. */
export interface StormBound {
  readonly frames: number;
  readonly bits: number;
}

export type StormLimits = Readonly<Record<StormKind, StormBound>>;

/**
 * Broadcast: a network of a thousand hosts makes some hundred frames a second, one that scans all of its addresses
 * some thousand. Multicast: forty streams of video. Unknown: what a fast sender gets through before the answer
 * makes its receiver known, and as much again for receivers that never answer.
 */
export const DEFAULT_STORM_LIMITS: StormLimits = {
  broadcast: { frames: 10_000, bits: 100e6 },
  multicast: { frames: 50_000, bits: 1e9 },
  unknown: { frames: 50_000, bits: 1e9 },
};

/** What its rate lets through in this time passes at once, ms: all hosts of a site may ask at the same moment. */
export const STORM_BURST_MS = 500;
/** A burst has room for this at least: one large segment, in frames of ordinary size. */
export const MIN_STORM_BURST: StormBound = { frames: 64, bits: 131_072 * 8 };
