/** Counters only grow; what people want to see is how fast. Two looks at the same thing say that. */

/** What was seen, and when. */
export interface Sample<Value> {
  readonly value: Value;
  /** Of a clock that only grows. */
  readonly atMs: number;
}

/** Two looks, the later one first; there is no earlier one at the start. */
export interface Samples<Value> {
  readonly now: Sample<Value>;
  readonly earlier: Sample<Value> | undefined;
}

/** Growth per second, or null where it cannot be known. A counter that fell began anew: it grew by what it holds. */
export function perSecond(now: number, earlier: number | undefined, ms: number): number | null {
  if (earlier === undefined || ms <= 0) return null;
  return ((now < earlier ? now : now - earlier) * 1_000) / ms;
}

/** The time between two looks; 0 where there is only one. */
export function elapsedMs({ now, earlier }: Samples<unknown>): number {
  return earlier === undefined ? 0 : now.atMs - earlier.atMs;
}
