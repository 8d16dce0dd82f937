/** A row of bars, one for each value, the highest of which fills its line. */

const BARS = "▁▂▃▄▅▆▇█";

/** The last `width` values at most, the latest on the right. What is 0 has no bar, whatever is more has one. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = width > 0 ? merged(values, width) : [];
  const most = Math.max(...shown, 0);
  return shown
    .map((value) => bar(value, most))
    .join("")
    .padStart(Math.max(0, width));
}

/** Where there are more values than room, neighbours share a bar: the higher counts, so that no peak is lost. */
function merged(values: readonly number[], width: number): number[] {
  const each = Math.max(1, Math.ceil(values.length / width));
  const bars: number[] = [];
  for (let end = values.length; end > 0; end -= each)
    bars.unshift(Math.max(...values.slice(Math.max(0, end - each), end)));
  return bars;
}

function bar(value: number, most: number): string {
  if (!(value > 0)) return " ";
  return BARS[Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))]!;
}
