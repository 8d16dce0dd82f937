/** Milliseconds that only ever grow, from an arbitrary start. Passed in, so that tests own time. */
export interface Clock {
  now(): number;
}

export const monotonicClock: Clock = { now: () => performance.now() };
