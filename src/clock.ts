/** Milliseconds that only ever grow, from an arbitrary start. Passed in, so that tests own time. */
export interface Clock {
  now(): number;
}

export const monotonicClock: Clock = { now: () => performance.now() };

/** Time and what happens in it. */
export interface Scheduler extends Clock {
  /** Calls once, `ms` milliseconds later (after 24 days at the latest) and never at once; the answer calls it off. */
  after(ms: number, call: () => void): () => void;
}

/** What a timer of Node holds; a longer one would end at once. */
const LONGEST_MS = 0x7fff_ffff;

export const scheduler: Scheduler = {
  now: monotonicClock.now,
  after: (ms, call) => {
    const timer = setTimeout(call, Math.min(Math.ceil(ms), LONGEST_MS));
    return () => clearTimeout(timer);
  },
};

/** A process that runs for weeks drifts away from a clock that is corrected meanwhile. */
const DRIFT_MS = 2;

/** Milliseconds since 1970, with fractions: as fine as the system tells, and as right. */
export function wallNow(): number {
  const fine = performance.timeOrigin + performance.now();
  const coarse = Date.now();
  return Math.abs(fine - coarse) <= DRIFT_MS ? fine : coarse;
}
