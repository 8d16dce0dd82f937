/**
 * A JSON list that is sent while it is made. Twenty thousand addresses take tens of milliseconds to list: a stall
 * for all traffic if it were done at once.
 */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { monotonicClock } from "../clock.js";

/** Work on a list goes on for so long before everything else has its turn. */
const SLICE_MS = 0.5;
/** The clock is looked at once for so many items. */
const ITEMS_PER_GLANCE = 8;

/** Sends the items as one JSON list, and gives up on a reader that takes nothing for `stalledMs`. */
export async function sendList(
  response: ServerResponse,
  items: Iterable<unknown>,
  stalledMs: number,
): Promise<void> {
  response.writeHead(200, { "content-type": "application/json" });
  for (const slice of slices(items)) {
    if (response.destroyed) return;
    if (!response.write(slice)) await drained(response, stalledMs);
    await turn();
  }
  response.end();
}

/** The list as text, in pieces that take `SLICE_MS` each to make. */
function* slices(items: Iterable<unknown>): Generator<string> {
  let text = "[";
  let separator = "";
  let count = 0;
  let endsAt = monotonicClock.now() + SLICE_MS;
  for (const item of items) {
    text += separator + JSON.stringify(item);
    separator = ",";
    if (++count % ITEMS_PER_GLANCE !== 0 || monotonicClock.now() < endsAt) continue;
    yield text;
    text = "";
    endsAt = monotonicClock.now() + SLICE_MS;
  }
  yield `${text}]`;
}

async function drained(response: ServerResponse, stalledMs: number): Promise<void> {
  const closed = new AbortController();
  const close = (): void => closed.abort();
  response.once("close", close);
  try {
    await once(response, "drain", {
      signal: AbortSignal.any([AbortSignal.timeout(stalledMs), closed.signal]),
    });
  } catch {
    response.destroy();
  } finally {
    response.off("close", close);
  }
}
