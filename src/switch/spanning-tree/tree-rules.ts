/** What an administrator decides about spanning tree: of a switch, and of one port. */

export interface BridgeRules {
  /** 0 to 61,440 in steps of 4,096; the bridge with the least is the root [802.1D-2004 17.14]. */
  readonly priority: number;
  /** Seconds, as in table 17-1. */
  readonly helloTime: number;
  readonly maxAge: number;
  readonly forwardDelay: number;
}

export interface TreeRules {
  /** Whether an end station is behind it, which goes on at once; "auto": found out within three seconds. */
  readonly edge: "yes" | "no" | "auto";
  /** A BPDU that comes in shuts it for a while: nobody is to connect a bridge there. */
  readonly guard: boolean;
  /** It takes no part: no BPDU goes out, and none that comes in is listened to. */
  readonly filter: boolean;
  /** The least sum leads to the root [table 17-3]. */
  readonly pathCost: number;
  /** 0 to 240 in steps of 16: which of two ways of one cost is taken. */
  readonly priority: number;
}

/** The recommended values [tables 17-1, 17-2]; a link has no known rate, and costs what one of 1 Gbit/s does. */
export const USUAL_BRIDGE: BridgeRules = { priority: 0x8000, helloTime: 2, maxAge: 20, forwardDelay: 15 };
export const USUAL_TREE: TreeRules = {
  edge: "auto",
  guard: false,
  filter: false,
  pathCost: 20_000,
  priority: 128,
};

/** The usual max age, or what goes with a shorter forward delay [17.14]: seconds. */
export function maxAgeFor(forwardDelay: number): number {
  return Math.min(USUAL_BRIDGE.maxAge, 2 * (forwardDelay - 1));
}
