/** `bench -- tap`: TAP to TAP through `serve` and two `join`s, beside the kernel's VXLAN between the same hosts. */
import { compare, type FigureName } from "./compare.js";
import type { BenchOptions } from "./options.js";
import { number, printTable } from "./report.js";
import { kernelVxlan } from "./tunnels/kernel.js";
import { tapswitch } from "./tunnels/tapswitch.js";

const ROWS: readonly (readonly [FigureName, string])[] = [
  ["tcp1", "TCP, 1 stream, Gbit/s"],
  ["packets64", "64-byte packets/s, < 1 % loss"],
  ["idleP50", "ping p50, ms"],
  ["idleP99", "ping p99, ms"],
];

/** Prints one line for each figure. */
export async function run(options: BenchOptions): Promise<void> {
  const [ours, kernel] = [tapswitch(), kernelVxlan];
  const medians = await compare([ours, kernel], ["tcp1", "packets64", "idle"], { ...options, only: [] });
  const rows = ROWS.map(([figure, title]) => {
    const [a = Number.NaN, b = Number.NaN] = [
      medians.get(ours.name)?.[figure],
      medians.get(kernel.name)?.[figure],
    ];
    return [title, number(a), number(b), number(a / b)];
  });
  printTable([["TAP to TAP", ours.name, kernel.name, "ratio"], ...rows]);
}
