/** Figures as people read them. Each has three digits, so that columns keep their width. */

const LARGE = ["", "k", "M", "G", "T"] as const;

/** "1.24 Gbit/s". */
export function formatRate(bitsPerSecond: number): string {
  return `${scaled(bitsPerSecond, 1_000, LARGE)}bit/s`;
}

/** "84.1 MB". */
export function formatBytes(bytes: number): string {
  return `${scaled(bytes, 1_000, LARGE)}B`;
}

/** "1,234,567". */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en");
}

/** "3 d 4 h", "12 min", "8 s": the two largest units, or the one. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const [minutes, hours, days] = [60, 3_600, 86_400].map((unit) => Math.floor(seconds / unit));
  if (hours! < 1) return `${minutes} min`;
  if (days! < 1) return `${hours} h ${minutes! % 60} min`;
  return `${days} d ${hours! % 24} h`;
}

/** "14:03:59" of an instant, in the reader's own time zone. */
export function formatTime(instant: string): string {
  return new Date(instant).toLocaleTimeString("en-GB");
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let unit = 0;
  let left = Math.max(0, value);
  while (left >= base * 0.9995 && unit < units.length - 1) {
    left /= base;
    unit++;
  }
  const digits = unit === 0 || left >= 99.95 ? 0 : left >= 9.995 ? 1 : 2;
  return `${left.toFixed(digits)} ${units[unit]}`;
}
