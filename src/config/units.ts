/** Quantities as people write them: "24h", "100mbit". */
import { TapswitchError } from "../errors.js";

const MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BITS = { "": 1, k: 1e3, m: 1e6, g: 1e9 } as const;

/** Reads "90s", "30m", "24h" or "7d" into milliseconds. Throws `usage`. */
export function parseDuration(text: string): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (count === undefined || Number(count) === 0)
    throw new TapswitchError("usage", `'${text}' is no time: write it as 90s, 30m, 24h or 7d`);
  return Number(count) * MS[unit as keyof typeof MS];
}

/** Reads "100mbit", "1.5gbit" or "64000bit" into bits per second. Throws `usage`. */
export function parseRate(text: string): number {
  const [, count, unit] = /^(\d{1,9}(?:\.\d{1,3})?)([kmg]?)bit$/i.exec(text) ?? [];
  if (count === undefined || Number(count) === 0)
    throw new TapswitchError("usage", `'${text}' is no rate: write it as 500kbit, 100mbit or 1gbit`);
  return Math.round(Number(count) * BITS[unit!.toLowerCase() as keyof typeof BITS]);
}

/** As `parseRate` reads it: the largest unit in which three decimals say all of it. */
export function formatRate(bits: number): string {
  const fitting = (["g", "m", "k"] as const).find(
    (unit) => bits >= BITS[unit] && (bits * 1_000) % BITS[unit] === 0,
  );
  const unit = fitting ?? "";
  return `${bits / BITS[unit]}${unit}bit`;
}

/** Reads "20ms", "0.5ms" or "1.5s" into milliseconds. Throws `usage`. */
export function parseDelay(text: string): number {
  const [, count, unit] = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s)$/.exec(text) ?? [];
  if (count === undefined)
    throw new TapswitchError("usage", `'${text}' is no delay: write it as 20ms, 0.5ms or 1.5s`);
  return Number(count) * (unit === "s" ? 1_000 : 1);
}

/** As `parseDelay` reads it. */
export function formatDelay(ms: number): string {
  return `${ms}ms`;
}

/** Reads "1%" or "0.05%" into a share from 0 to 1. Throws `usage`. */
export function parseShare(text: string): number {
  const [, count] = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text) ?? [];
  if (count === undefined || Number(count) > 100)
    throw new TapswitchError("usage", `'${text}' is no share: write it as 1% or 0.05%`);
  return Number(count) / 100;
}

/** As `parseShare` reads it. */
export function formatShare(share: number): string {
  return `${Number((share * 100).toFixed(6))}%`;
}
