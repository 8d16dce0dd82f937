/** What may refuse a frame as it comes in: a rule of the grant, a bound on a storm. Chosen when a port is attached. */
import type { DropReason } from "../frame/drop-reason.js";
import type { FrameCursor } from "../frame/frame-cursor.js";
import type { Counters } from "./counters.js";

/** What a policy sees of the port that a frame came in through. */
export interface PolicedPort {
  readonly id: number;
  readonly name: string;
  readonly counters: Counters;
}

export interface Policy {
  /** Why the frame goes no further, or null. It is well formed, and must neither be changed nor kept; `now` in ms. */
  admit(port: PolicedPort, frame: FrameCursor, now: number): DropReason | null;
}

/** One policy that asks all of these in order until one refuses; null for none, so that asking costs nothing. */
export function allOf(policies: readonly Policy[]): Policy | null {
  return policies.length < 2 ? (policies[0] ?? null) : new Policies([...policies]);
}

class Policies implements Policy {
  readonly #policies: readonly Policy[];

  constructor(policies: readonly Policy[]) {
    this.#policies = policies;
  }

  admit(port: PolicedPort, frame: FrameCursor, now: number): DropReason | null {
    for (let index = 0; index < this.#policies.length; index++) {
      const refused = this.#policies[index]!.admit(port, frame, now);
      if (refused !== null) return refused;
    }
    return null;
  }
}
