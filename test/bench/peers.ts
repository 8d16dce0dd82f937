/**
 * `bench -- peers`: tapswitch, the kernel and every installed peer, in one run. Peers run point to point between a
 * and b, the arrangement in which each is fastest; tapswitch goes through its switch on a third host.
 */
import { compare, type FigureName, type Figures } from "./compare.js";
import type { BenchOptions } from "./options.js";
import { number, printTable } from "./report.js";
import { fastdDefault, fastdNull } from "./tunnels/fastd.js";
import { kernelBridge, kernelVxlan, kernelVxlanSwitched } from "./tunnels/kernel.js";
import { openvpnAes, openvpnPlain } from "./tunnels/openvpn.js";
import { tapswitch } from "./tunnels/tapswitch.js";
import { tincDefault, tincPlain } from "./tunnels/tinc.js";
import { vdeLocal, vdeOverTcp } from "./tunnels/vde.js";

const COLUMNS: readonly (readonly [FigureName, string])[] = [
  ["tcp1", "TCP 1"],
  ["tcp4", "TCP 4"],
  ["tcpBoth", "both"],
  ["packets64", "64 B/s"],
  ["packets512", "512 B/s"],
  ["packets1400", "1400 B/s"],
  ["idleP50", "ping p50"],
  ["idleP99", "p99"],
  ["loadedP50", "loaded p50"],
  ["loadedP99", "p99"],
  ["cpuPerGb", "CPU s/GB"],
  ["memory", "MB"],
];

/** Without these there is no ratio: they are measured whatever `--only` says. */
const KERNEL = [kernelBridge, kernelVxlan, kernelVxlanSwitched];
const OTHERS = [
  ...[tapswitch(), tapswitch("--no-offload")],
  ...[vdeLocal, vdeOverTcp, openvpnPlain, openvpnAes, tincPlain, tincDefault, fastdNull, fastdDefault],
];

/** Prints the figures, then their ratios to kernel VXLAN's (CPU and memory: to tapswitch's). */
export async function run(options: BenchOptions): Promise<void> {
  const only = options.only.length === 0 ? [] : [...options.only, ...KERNEL.map((kind) => kind.name)];
  const medians = await compare(
    [...KERNEL, ...OTHERS],
    ["idle", "tcp1", "tcp4", "tcpBoth", "loaded", "packets64", "packets512", "packets1400"],
    { ...options, only },
  );
  console.log(
    "TCP in Gbit/s (1 stream, 4 streams, both directions at once), frames/s at < 1 % loss, ping in ms\n",
  );
  printFigures("", medians, (figures, name) => figures[name]);
  console.log("");
  const vxlan = medians.get(kernelVxlan.name) ?? {};
  const ours = medians.get(OTHERS[0]!.name) ?? {};
  printFigures("ratio to kernel VXLAN (CPU, MB: to tapswitch)", medians, (figures, name) => {
    const base = name === "cpuPerGb" || name === "memory" ? ours : vxlan;
    return (figures[name] ?? Number.NaN) / (base[name] ?? Number.NaN);
  });
}

type Pick = (figures: Figures, name: FigureName) => number | undefined;

function printFigures(title: string, medians: ReadonlyMap<string, Figures>, pick: Pick): void {
  const head = [title, ...COLUMNS.map(([, column]) => column)];
  const rows = [...medians].map(([tunnel, figures]) => {
    return [tunnel, ...COLUMNS.map(([name]) => number(pick(figures, name) ?? Number.NaN))];
  });
  printTable([head, ...rows]);
}
