import type { Latency } from "../../control/probe-api.js";

/** Sums up the round trips, in the order in which they were asked for. */
export function latencyOf(sent: number, trips: readonly number[]): Latency {
  const sorted = [...trips].sort((a, b) => a - b);
  const at = (share: number): number | null =>
    sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? null;
  const steps = trips.slice(1).map((trip, index) => Math.abs(trip - trips[index]!));
  const jitter = steps.length === 0 ? null : steps.reduce((sum, step) => sum + step, 0) / steps.length;
  return {
    sent,
    received: trips.length,
    minMs: sorted[0] ?? null,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: sorted.at(-1) ?? null,
    jitterMs: jitter,
  };
}
