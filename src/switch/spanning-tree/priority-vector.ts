/** What bridges compare to find their root and the ways to it [802.1D-2004 17.5]: the smaller, the better. */
import type { BpduTimes, TreeBpdu } from "../../frame/bpdu.js";

export interface PriorityVector {
  /** Bridge identifiers: 16 hex digits, which compare as numbers of 64 bits would. */
  readonly root: string;
  readonly cost: number;
  readonly bridge: string;
  readonly port: number;
}

/** Below 0 where `one` is better, 0 where they are the same. */
export function compareVectors(one: PriorityVector, other: PriorityVector): number {
  return (
    compareIds(one.root, other.root) ||
    one.cost - other.cost ||
    compareIds(one.bridge, other.bridge) ||
    one.port - other.port
  );
}

/** True where a message replaces what is known of a port: it is better, or of the same designated port [17.6]. */
export function isSuperior(message: PriorityVector, known: PriorityVector): boolean {
  const order = compareVectors(message, known);
  if (order <= 0) return order < 0;
  return compareIds(message.bridge.slice(4), known.bridge.slice(4)) === 0 && isSamePort(message, known);
}

export function vectorOf({ root, cost, bridge, port }: TreeBpdu): PriorityVector {
  return { root, cost, bridge, port };
}

export function isSameTimes(one: BpduTimes, other: BpduTimes): boolean {
  return (
    one.messageAge === other.messageAge &&
    one.maxAge === other.maxAge &&
    one.helloTime === other.helloTime &&
    one.forwardDelay === other.forwardDelay
  );
}

/** Bridge and port may have changed their priorities meanwhile: address and number say who it is. */
function isSamePort(one: PriorityVector, other: PriorityVector): boolean {
  return (one.port & 0x0fff) === (other.port & 0x0fff);
}

function compareIds(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
