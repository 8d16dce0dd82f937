/** Cells that several tables have. */

import type { Look } from "./look.js";
import { formatBitRate, formatDuration } from "./quantities.js";
import type { Cell } from "./table.js";

export const NONE = "-";

/** Bytes per second as bits per second; "-" where it is not known. */
export function bitRate(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? NONE : formatBitRate(bytesPerSecond * 8);
}

/** Time since an instant. */
export function since(instant: string, nowMs: number): string {
  return formatDuration(nowMs - Date.parse(instant));
}

export function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

/** A count that should be 0. */
export function lost(text: string, look: Look): Cell {
  return text === "0" || text === NONE ? text : { text, paint: look.warning };
}
