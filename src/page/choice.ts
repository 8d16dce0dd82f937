/** Which ports are shown as rows, so that two of them fill a page and five hundred do not. */
import type { PortState } from "./model.js";

/** A network with no more ports than this shows all of them. */
export const ALL_ROWS = 24;
/** A larger one shows this many of its busiest. */
export const BUSY_ROWS = 10;

/** How busy a port is, from 0 (silent) to 4 (100 Mbit/s and more): a step is a factor of about a hundred. */
export function levelOf({ rates }: PortState): number {
  const rate = rates.in + rates.out;
  return [1, 10_000, 1e6, 100e6].filter((least) => rate >= least).length;
}

/** Whether name, peer, member or number of the port has each of the words. */
export function matches({ view }: PortState, search: string): boolean {
  const text =
    `${view.name} ${view.peer ?? "down"} ${view.member ?? ""} ${view.kind ?? ""} #${view.id}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/**
 * The busiest `count` ports, by number. Who was among them before stays until another is twice as busy, so that rows
 * do not come and go between ports of much the same rate.
 */
export function busiest(
  ports: readonly PortState[],
  count: number,
  before: ReadonlySet<string>,
): readonly PortState[] {
  const weight = ({ key, smooth }: PortState): number => (smooth + 1) * (before.has(key) ? 2 : 1);
  const ordered = [...ports].sort((a, b) => weight(b) - weight(a) || a.view.id - b.view.id);
  return ordered.slice(0, count).sort((a, b) => a.view.id - b.view.id);
}
