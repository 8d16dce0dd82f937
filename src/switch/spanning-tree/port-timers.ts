import type { TreePort } from "./tree-port.js";

const TIMERS = [
  "edgeDelayWhile",
  "fdWhile",
  "helloWhen",
  "mdelayWhile",
  "rbWhile",
  "rcvdInfoWhile",
  "rrWhile",
  "tcWhile",
  "txCount",
] as const;

/** The Port Timers state machine [802.1D-2004 17.22]: a second has passed. */
export function countDown(port: TreePort): void {
  // A neighbour may have said fractions of seconds.
  for (const timer of TIMERS) port[timer] = Math.max(0, port[timer] - 1);
}
