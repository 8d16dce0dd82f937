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
  for (const slice of slices(items)) {
    all.push(...slice);
    await turn();
  }
  return all;
}

/** Joins the texts; outside the heap, and slice by slice, since a long string is written and read through once more. */
export async function encode(texts: Iterable<string>): Promise<Buffer> {
  const all: Buffer[] = [];
  for (const slice of slices(texts)) {
    all.push(Buffer.from(slice.join("")));
    await turn();
  }
  return Buffer.concat(all);
}

/** What can be made in `SLICE_MS`, time after time. */
function* slices<Item>(items: Iterable<Item>): Generator<Item[]> {
  let slice: Item[] = [];
  let endsAt = monotonicClock.now() + SLICE_MS;
  for (const item of items) {
    if (slice.push(item) % ITEMS_PER_GLANCE !== 0 || monotonicClock.now() < endsAt) continue;
    yield slice;
    slice = [];
    endsAt = monotonicClock.now() + SLICE_MS;
  }
  yield slice;
}
