/** The switch alone on one core: look-up, learning and forwarding between links that cost nothing. */
import type { BenchOptions } from "./options.js";
import { median, number, printTable } from "./report.js";
import { BATCH_FRAMES, type Load, SwitchLoad } from "./switch-load.js";

const LOADS: readonly Load[] = [
  { hosts: 2, ports: 2 },
  { hosts: 256, ports: 16 },
  { hosts: 256, ports: 256 },
  { hosts: 65_536, ports: 16 },
  { hosts: 65_536, ports: 1_000 },
].flatMap((load) => [64, 1_514].map((frameBytes) => ({ ...load, frameBytes })));

/** Prints frames/s and nanoseconds a frame for each load. */
export async function run(options: BenchOptions): Promise<void> {
  const chosen = LOADS.filter((load) => matches(options.only, title(load)));
  const rows = measure(chosen, options).map((nanoseconds, index) => [
    title(chosen[index]!),
    `${number(1e3 / nanoseconds)} M frames/s`,
    `${number(nanoseconds)} ns/frame`,
  ]);
  console.log(`Batches of ${BATCH_FRAMES} frames; source and destination random, no two neighbours equal.`);
  if (rows.length > 0) printTable(rows);
}

/** Medians in nanoseconds per frame; the loads take turns, so that all see the same machine. */
export function measure(
  loads: readonly Load[],
  options: BenchOptions,
  once = (load: SwitchLoad, ms: number): number => load.run(ms),
): number[] {
  const ms = options.quick ? 100 : 500;
  const built = loads.map((load) => new SwitchLoad(load));
  for (const load of built) once(load, ms);
  const results: number[][] = built.map(() => []);
  for (let round = 0; round < options.rounds; round++) {
    built.forEach((load, index) => void results[index]!.push(once(load, ms)));
  }
  for (const load of built) if (load.framesOut === 0) throw new Error("the switch forwarded nothing");
  return results.map(median);
}

function title({ hosts, ports, frameBytes }: Load): string {
  const [bytes, stations, sockets] = [frameBytes, hosts, ports].map((count) => count.toLocaleString("en"));
  return `${bytes} B, ${stations} hosts on ${sockets} ports`;
}

function matches(only: readonly string[], text: string): boolean {
  return only.length === 0 || only.some((part) => text.includes(part));
}
