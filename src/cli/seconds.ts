import { TapswitchError } from "../errors.js";

const LEAST_MS = 100;
const MOST_MS = 3_600_000;

/** Reads a number of seconds, into milliseconds. Throws `usage`. */
export function parseSeconds(flag: string, text: string): number {
  const ms = /^\d{1,5}(\.\d{1,3})?$/.test(text) ? Math.round(Number(text) * 1_000) : Number.NaN;
  if (ms >= LEAST_MS && ms <= MOST_MS) return ms;
  throw new TapswitchError("usage", `${flag} '${text}': a number of seconds from 0.1 to 3600`);
}
