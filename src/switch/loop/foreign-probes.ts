/**
 * Probes of other switches pass through this one, also while a storm makes the bounds on multicast drop the rest: who
 * cannot send probes around finds no loop. In return each passes once, and no more of them than this.
 */

/** Different probes that may come in through one port in one to two periods: a large site sends a few a second. */
export const MAX_FOREIGN_PROBES = 256;

export class ForeignProbes {
  #lately = new Set<number>();
  #before = new Set<number>();

  /** Why the probe goes no further, or null. */
  note(fingerprint: number): "loop" | "storm" | null {
    if (this.#lately.has(fingerprint) || this.#before.has(fingerprint)) return "loop";
    if (this.#lately.size >= MAX_FOREIGN_PROBES) return "storm";
    this.#lately.add(fingerprint);
    return null;
  }

  /** A period has passed: forgets those from before the last one. */
  turn(): void {
    if (this.#lately.size === 0 && this.#before.size === 0) return;
    this.#before = this.#lately;
    this.#lately = new Set();
  }
}
