/** Milliseconds that only ever grow, from an arbitrary start. Passed in, so that tests own time. */
export interface Clock {
  now(): number;
}

export const monotonicClock: Clock = { now: () => performance.now() };

/** A process that runs for weeks drifts away from a clock that is corrected meanwhile. */
const DRIFT_MS = 2;

/** Milliseconds since 1970, with fractions: as fine as the system tells, and as right. */
export function wallNow(): number {
  const fine = performance.timeOrigin + performance.now();
  const coarse = Date.now();
  return Math.abs(fine - coarse) <= DRIFT_MS ? fine : coarse;
}
