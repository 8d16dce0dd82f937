/** `bench -- secure`: what encryption costs, beside the encrypted tunnels that people use now. */
import { compare, type FigureName } from "./compare.js";
import type { BenchOptions } from "./options.js";
import { number, printTable } from "./report.js";
import { openvpnAes } from "./tunnels/openvpn.js";
import { tapswitch } from "./tunnels/tapswitch.js";
import { tapswitchTls } from "./tunnels/tapswitch-tls.js";
import { tincDefault } from "./tunnels/tinc.js";

const ROWS: readonly (readonly [FigureName, string])[] = [
  ["tcp1", "TCP, 1 stream, Gbit/s"],
  ["idleP50", "ping p50, ms"],
];
/** Encrypted throughput over that of the better of OpenVPN and tinc. */
const WANTED_RATIO = 4;

/** Prints one line for each figure, and the ratio that is asked for. */
export async function run(options: BenchOptions): Promise<void> {
  const [ours, plain] = [tapswitchTls, tapswitch()];
  const kinds = [ours, plain, openvpnAes, tincDefault];
  const medians = await compare(kinds, ["tcp1", "idle"], { ...options, only: [] });
  const figure = (name: string, row: FigureName): number => medians.get(name)?.[row] ?? Number.NaN;
  const rows = ROWS.map(([row, title]) => [title, ...kinds.map(({ name }) => number(figure(name, row)))]);
  printTable([["TAP to TAP", ...kinds.map(({ name }) => name)], ...rows]);
  const speed = figure(ours.name, "tcp1");
  const others = [openvpnAes, tincDefault].map(({ name }) => figure(name, "tcp1")).filter(Number.isFinite);
  const ratio = speed / Math.max(...others);
  const verdict = ratio >= WANTED_RATIO ? "" : ` (below ${WANTED_RATIO})`;
  console.log(`encrypted / plain ${number(speed / figure(plain.name, "tcp1"))}`);
  console.log(`encrypted / better of OpenVPN and tinc ${number(ratio)}${verdict}`);
}
