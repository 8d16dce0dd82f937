/** How benchmarks say what they found: medians, aligned tables, and the machine they ran on. */
import { cpus, release } from "node:os";

/** The middle of what was measured; measurements that failed (NaN) do not count. NaN if none is left. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value below which `share` (0 to 1) of the sorted values lie. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Three significant digits, thousands in groups; "-" for what could not be measured. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** Prints rows of equal length below each other, the first column to the left, the others to the right. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const [first, ...rest] of rows) {
    const cells = rest.map((cell, column) => cell.padStart(widths[column + 1]!));
    console.log([first!.padEnd(widths[0]!), ...cells].join("  "));
  }
}

/** "2 x AMD EPYC, Linux 6.18.1, Node v20.20.2": figures of different machines do not compare. */
export function machine(): string {
  const cores = cpus();
  return `${cores.length} x ${cores[0]?.model.trim() ?? "unknown"}, Linux ${release()}, Node ${process.version}`;
}
