/** One event in one line: when, what kind, in which network and at which port, and the sentence. */
import type { EventType, EventView } from "../control/inspect-api.js";
import type { Look, Paint } from "./format/look.js";
import { harmless } from "./format/plain-text.js";

const BAD: readonly EventType[] = ["auth-failed", "shut-out", "uplink-down", "mac-flapping", "mac-limit"];
const WARNING: readonly EventType[] = ["port-down", "drops", "frames-refused", "turned-away", "kicked"];
const GOOD: readonly EventType[] = ["port-up", "uplink-up"];
const QUIET: readonly EventType[] = ["mac-learned", "mac-moved", "mac-aged"];

/** As wide as the longest kind. */
const TYPE_WIDTH = 16;

export function eventLine({ at, type, network, port, message }: EventView, look: Look): string {
  const place = [network, port].filter((name) => name !== undefined).join("/");
  const where = place === "" ? "" : `${place}: `;
  const paint = paintOf(type, look);
  return `${look.quiet(localTime(at))}  ${paint(type.padEnd(TYPE_WIDTH))}  ${harmless(where + message)}`;
}

/** "2026-11-22 19:04:48.123", by the clock on the wall. */
function localTime(instant: string): string {
  const date = new Date(instant);
  const minutes = date.getTimezoneOffset();
  return new Date(date.getTime() - minutes * 60_000).toISOString().replace("T", " ").slice(0, 23);
}

function paintOf(type: EventType, look: Look): Paint {
  if (BAD.includes(type)) return look.bad;
  if (WARNING.includes(type)) return look.warning;
  if (GOOD.includes(type)) return look.good;
  return QUIET.includes(type) ? look.quiet : String;
}
