import { DROP_REASONS, type DropReason } from "../frame/drop-reason.js";

const NONE = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>;

/** What a port has carried since it was made, in frames (segments count as one) and bytes of frames. */
export interface Counters {
  framesIn: number;
  bytesIn: number;
  framesOut: number;
  bytesOut: number;
  /** Frames from this port that went to all others. */
  floods: number;
  /** Frames from this port that were refused, and frames to it that were lost, by reason. */
  readonly drops: Record<DropReason, number>;
}

export function newCounters(): Counters {
  return { framesIn: 0, bytesIn: 0, framesOut: 0, bytesOut: 0, floods: 0, drops: { ...NONE } };
}

export function copyCounters(counters: Counters): Counters {
  return { ...counters, drops: { ...counters.drops } };
}

export function addCounters(to: Counters, from: Counters): void {
  to.framesIn += from.framesIn;
  to.bytesIn += from.bytesIn;
  to.framesOut += from.framesOut;
  to.bytesOut += from.bytesOut;
  to.floods += from.floods;
  for (const reason of DROP_REASONS) to.drops[reason] += from.drops[reason];
}
