/**
 * How far a port's frames get, in the words of 802.1D-2004 clause 7.4. Several protocols may each have a reason to hold
 * a port back; the strictest of them counts, and the port goes on when the last has let go.
 */

/** From the strictest on. */
export const PORT_STATES = ["discarding", "learning", "forwarding"] as const;
export type PortState = (typeof PORT_STATES)[number];

export interface Hold {
  readonly state: PortState;
  /** For people: "loop with port 'b'". */
  readonly why: string;
}

export class PortHolds {
  readonly #holds = new Map<string, Hold>();

  /** What the protocol `by` says from now on; "forwarding" lets go. */
  set(by: string, state: PortState, why: string): void {
    if (state === "forwarding") this.#holds.delete(by);
    else this.#holds.set(by, { state, why });
  }

  /** The strictest one, or null. */
  get strictest(): Hold | null {
    let strictest: Hold | null = null;
    for (const hold of this.#holds.values())
      if (strictest === null || rank(hold.state) < rank(strictest.state)) strictest = hold;
    return strictest;
  }
}

function rank(state: PortState): number {
  return PORT_STATES.indexOf(state);
}
