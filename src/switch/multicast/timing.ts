/** The periods of IGMP and MLD, with the names and defaults of RFC 3376 clause 8 and RFC 3810 clause 9, in ms. */
export interface MulticastTiming {
  /** How often each query is said, since one may be lost. */
  readonly robustness: number;
  readonly queryIntervalMs: number;
  /** In this time hosts have to answer a general query. */
  readonly queryResponseMs: number;
  /** Between the queries that ask whether anyone is left in a group; each leaves as long for an answer. */
  readonly lastMemberIntervalMs: number;
}

export const TIMING: MulticastTiming = {
  robustness: 2,
  queryIntervalMs: 125_000,
  queryResponseMs: 10_000,
  lastMemberIntervalMs: 1_000,
};

/** A port that has not asked again in this time has left. */
export function membershipMs({ robustness, queryIntervalMs, queryResponseMs }: MulticastTiming): number {
  return robustness * queryIntervalMs + queryResponseMs;
}

/** A querier that has been silent for this long is gone. */
export function otherQuerierMs({ robustness, queryIntervalMs, queryResponseMs }: MulticastTiming): number {
  return robustness * queryIntervalMs + queryResponseMs / 2;
}

/** The first queries come faster. */
export function startupIntervalMs({ queryIntervalMs }: MulticastTiming): number {
  return queryIntervalMs / 4;
}

/** Whom a switch may still expect to hear from after a query, with time for the way. */
export function answeredMs({ queryResponseMs }: MulticastTiming): number {
  return queryResponseMs + 1_000;
}

/** After a leave that nobody contradicts in this time, the port has left. */
export function leaveMs({ robustness, lastMemberIntervalMs }: MulticastTiming): number {
  return (robustness + 1) * lastMemberIntervalMs;
}
