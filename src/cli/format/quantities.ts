/** Quantities for people, three digits each and no space in them, so that a column stays one word when piped. */

const STEP = 1_000;
const PREFIXES = ["", "K", "M", "G", "T", "P"] as const;
const MS = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** 0B, 999B, 1.23KB, 45.6MB. */
export function formatBytes(bytes: number): string {
  return `${scaled(bytes)}B`;
}

/** Bits per second: 0, 64.0kbit/s, 1.23Gbit/s. */
export function formatBitRate(bits: number): string {
  return bits < 0.5 ? "0" : `${scaled(bits).replace("K", "k")}bit/s`;
}

/** How many: 0, 9,999 as 9999, then 12.3k, 4.56M. */
export function formatCount(count: number): string {
  return count < 10_000 ? String(Math.round(count)) : scaled(count).replace("K", "k");
}

/** How many a second: what is rare has a fraction. */
export function formatFrequency(perSecond: number): string {
  const isRare = perSecond > 0 && perSecond < 10;
  return isRare ? perSecond.toFixed(1).replace(/\.0$/, "") : formatCount(perSecond);
}

/** How long: 0s, 59s, 3m20s, 2h05m, 3d4h. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < MS.minute) return `${Math.floor(whole / MS.second)}s`;
  if (whole < MS.hour) return two(whole, "m", MS.minute, "s", MS.second);
  if (whole < MS.day) return two(whole, "h", MS.hour, "m", MS.minute);
  const hours = Math.floor((whole % MS.day) / MS.hour);
  return `${Math.floor(whole / MS.day)}d${hours}h`;
}

/** Milliseconds of a round trip: 0.35ms, 12.3ms, 140ms. */
export function formatRoundTrip(ms: number): string {
  return `${ms.toFixed(ms < 1 ? 2 : ms < 100 ? 1 : 0)}ms`;
}

function two(ms: number, big: string, bigMs: number, small: string, smallMs: number): string {
  const rest = Math.floor((ms % bigMs) / smallMs);
  return `${Math.floor(ms / bigMs)}${big}${String(rest).padStart(2, "0")}${small}`;
}

/** Three digits and a prefix. Rounding never leaves four: 999.7 is 1.00K. */
function scaled(value: number): string {
  let power = 0;
  let rest = value;
  while (power < PREFIXES.length - 1 && Number(rest.toPrecision(3)) >= STEP) {
    rest /= STEP;
    power++;
  }
  if (power === 0) return String(Math.round(rest));
  const digits = rest < 9.995 ? 2 : rest < 99.95 ? 1 : 0;
  return `${rest.toFixed(digits)}${PREFIXES[power]}`;
}
