/** Work that goes on for a short while only, and then lets everything else have its turn: frames above all. */
import { setImmediate as turn } from "node:timers/promises";
import { monotonicClock } from "../clock.js";

/** So long at a stretch, milliseconds. */
const SLICE_MS = 0.5;
/** The clock is looked at once for so many items. */
const ITEMS_PER_GLANCE = 4;

/** Gathers what is made while it is read. */
export async function gather<Item>(items: Iterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  let endsAt = monotonicClock.now() + SLICE_MS;
  for (const item of items) {
    if (all.push(item) % ITEMS_PER_GLANCE !== 0 || monotonicClock.now() < endsAt) continue;
    await turn();
    endsAt = monotonicClock.now() + SLICE_MS;
  }
  return all;
}
