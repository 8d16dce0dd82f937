/** What is measured between two hosts of a lab that have IP connectivity, whatever carries it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import { quantile } from "./report.js";
import type { TunnelEnd } from "./tunnels/tunnel.js";

/**
 * `ping` spins instead of sleeping where it would sleep for less than a tick of the kernel (10 ms where HZ is 100). On
 * an idle machine that keeps the processors awake, so that what is measured is the tunnel and not the machine's sleep;
 * under load it would take a processor from what is measured.
 */
const IDLE_PING_MS = 5;
const LOADED_PING_MS = 20;

/** The way from one end of a tunnel to the other, and the processes it runs through. */
export interface Path {
  readonly lab: Lab;
  readonly from: TunnelEnd;
  readonly to: TunnelEnd;
  readonly children: readonly Child[];
}

export interface TcpFigures {
  /** Received payload, both directions together. */
  readonly gbits: number;
  /** CPU time of the tunnel's processes for 10^9 bytes. */
  readonly cpuSecondsPerGb: number;
}

export interface PingFigures {
  readonly p50: number;
  readonly p99: number;
}

/** Runs iperf3 for `seconds` with these further options (`-P 4`, `--bidir`). */
export async function tcp(path: Path, seconds: number, ...options: string[]): Promise<TcpFigures> {
  const server = await startServer(path);
  const before = cpuSeconds(path);
  const argv = ["iperf3", "-c", path.to.address, "-t", String(seconds), "-J", ...options];
  const { stdout } = await path.lab.run(path.from.host, argv, { timeoutMs: (seconds + 20) * 1000 });
  const used = cpuSeconds(path) - before;
  await server.stop();
  const end = (JSON.parse(stdout) as TcpReport).end ?? {};
  const sums = [end.sum_received, end.sum_received_bidir_reverse].filter((sum) => sum !== undefined);
  if (sums.length === 0) return { gbits: Number.NaN, cpuSecondsPerGb: Number.NaN };
  const [bytes, bits] = [total(sums, "bytes"), total(sums, "bits_per_second")];
  return {
    gbits: bits / 1e9,
    cpuSecondsPerGb: path.children.length === 0 ? Number.NaN : used / (bytes / 1e9),
  };
}

/** Round-trip times in milliseconds of `count` pings. */
export async function ping(path: Path, count: number, everyMs = IDLE_PING_MS): Promise<PingFigures> {
  const argv = ["ping", "-n", "-i", String(everyMs / 1_000), "-c", String(count), "-W", "2", path.to.address];
  const { stdout } = await path.lab.run(path.from.host, argv);
  const times = [...stdout.matchAll(/time=([\d.]+) ms/g)]
    .map((match) => Number(match[1]))
    .sort((x, y) => x - y);
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

/** The same while one TCP stream fills the path in the same direction. */
export async function pingUnderLoad(path: Path, count: number): Promise<PingFigures> {
  const server = await startServer(path);
  const bulk = path.lab.spawn(path.from.host, ["iperf3", "-c", path.to.address, "-t", "60"]);
  await sleep(500); // the stream's slow start
  const figures = await ping(path, count, LOADED_PING_MS);
  bulk.kill();
  await server.stop();
  return figures;
}

/** Resident memory of the tunnel's processes in MB; NaN where there are none. */
export function residentMegabytes(path: Path): number {
  if (path.children.length === 0) return Number.NaN;
  return path.children.reduce((sum, child) => sum + child.usage().rssBytes, 0) / 1e6;
}

/** An iperf3 server for one run at the far end. */
export async function startServer(path: Path): Promise<Child> {
  const server = path.lab.spawn(path.to.host, ["iperf3", "-s", "-1", "--forceflush"]);
  await server.waitFor(/Server listening/);
  return server;
}

/** Resolves once pings cross and the tunnel had 1.5 s to find its best path (tinc probes before it uses UDP). */
export async function settle(path: Path): Promise<void> {
  const one = ["ping", "-n", "-c", "1", "-W", "1", path.to.address];
  for (let attempt = 0; (await path.lab.run(path.from.host, one)).status !== 0; attempt++)
    if (attempt === 10) throw new Error(`no ping from ${path.from.host} to ${path.to.address}`);
  await path.lab.run(path.from.host, ["ping", "-q", "-n", "-i", "0.01", "-c", "150", path.to.address]);
}

interface Sum {
  readonly bytes: number;
  readonly bits_per_second: number;
}

interface TcpReport {
  readonly end?: { readonly sum_received?: Sum; readonly sum_received_bidir_reverse?: Sum };
}

function total(sums: readonly Sum[], field: keyof Sum): number {
  return sums.reduce((sum, one) => sum + one[field], 0);
}

function cpuSeconds(path: Path): number {
  return path.children.reduce((sum, child) => sum + child.usage().cpuSeconds, 0);
}
