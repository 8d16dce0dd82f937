/** How a test between two joins is shown: a bar while it goes on, and lines at its end. */
import type { Latency, ProbeLine, ProbeResult, Throughput } from "../control/probe-api.js";
import type { Look } from "./format/look.js";
import { formatBitRate, formatBytes, formatRoundTrip } from "./format/quantities.js";

type Progress = Extract<ProbeLine, { type: "progress" }>;

const BAR_COLUMNS = 30;
const PHASES = { latency: "latency", up: "up", down: "down" } as const;

/** One line, to be written over by the next. */
export function progressLine({ phase, done, bitsPerSecond }: Progress): string {
  const full = Math.round(BAR_COLUMNS * Math.min(1, Math.max(0, done)));
  const bar = "#".repeat(full) + ".".repeat(BAR_COLUMNS - full);
  const rate = bitsPerSecond === null ? "" : formatBitRate(bitsPerSecond);
  return `${PHASES[phase].padEnd(8)} [${bar}] ${rate}`.trimEnd();
}

export function resultLines({ name, mac, frameBytes, latency, up, down }: ProbeResult, look: Look): string[] {
  return [
    look.heading(`${name} (${mac}), frames of ${frameBytes} bytes`),
    `latency  ${tripsOf(latency)}`,
    `         ${lossOf(latency.sent, latency.received, look)}`,
    `up       ${flowOf(up, look)}`,
    `down     ${flowOf(down, look)}`,
  ];
}

function tripsOf({ minMs, p50Ms, p99Ms, maxMs, jitterMs }: Latency): string {
  const named = { min: minMs, median: p50Ms, p99: p99Ms, max: maxMs, jitter: jitterMs };
  return Object.entries(named)
    .map(([name, ms]) => `${name} ${ms === null ? "-" : formatRoundTrip(ms)}`)
    .join("  ");
}

function flowOf(
  { bitsPerSecond, bytes, seconds, framesSent, framesArrived }: Throughput,
  look: Look,
): string {
  const rate = `${(bitsPerSecond / 1e9).toFixed(bitsPerSecond < 1e7 ? 5 : 3)} Gbit/s`;
  const what = `${formatBytes(bytes)} in ${seconds.toFixed(1)}s`;
  return `${look.good(rate)}  ${what}, ${lossOf(framesSent, framesArrived, look)}`;
}

function lossOf(sent: number, arrived: number, look: Look): string {
  const lost = Math.max(0, sent - arrived);
  const share = sent === 0 ? 0 : (100 * lost) / sent;
  return (lost === 0 ? String : look.warning)(
    `${lost} of ${sent} lost (${share.toFixed(lost === 0 ? 0 : 2)} %)`,
  );
}
