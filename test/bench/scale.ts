/** What grows with hosts and ports, and what must not: forwarding, flooding, idle connections, housekeeping. */
import { measure } from "./core.js";
import { measureIdlePorts } from "./idle-ports.js";
import type { BenchOptions } from "./options.js";
import { median, number, printTable } from "./report.js";
import { type Load, nanosecondsPerCall, SwitchLoad } from "./switch-load.js";

const FRAME_BYTES = 64;
const HOSTS = [2, 16, 256, 4_096, 65_536, 1_000_000];
const PORTS = [2, 16, 100, 1_000, 10_000];
const IDLE_PORTS = 1_000;

const SECTIONS: Readonly<Record<string, (options: BenchOptions) => void | Promise<void>>> = {
  hosts: againstHosts,
  ports: againstPorts,
  flood: floodCost,
  tick: tickCost,
  idle: idleCost,
};

/** Prints one table for each of the sections hosts, ports, flood, tick and idle. */
export async function run(options: BenchOptions): Promise<void> {
  for (const [name, section] of Object.entries(SECTIONS)) {
    if (options.only.length > 0 && !options.only.some((part) => name.includes(part))) continue;
    await section(options);
  }
}

function againstHosts(options: BenchOptions): void {
  const loads = HOSTS.map((hosts) => ({ hosts, ports: Math.min(hosts, 16), frameBytes: FRAME_BYTES }));
  console.log("Hosts, on 16 ports (2 on 2), 64-byte frames, random among all");
  printRates(loads, measure(loads, options), ({ hosts }) => `${hosts.toLocaleString("en")} hosts`);
}

function againstPorts(options: BenchOptions): void {
  const loads = PORTS.map((ports) => ({ hosts: 65_536, ports, frameBytes: FRAME_BYTES }));
  console.log("\nPorts, 65,536 hosts behind them, 64-byte frames, random among all");
  printRates(loads, measure(loads, options), ({ ports }) => `${ports.toLocaleString("en")} ports`);
}

function printRates(loads: readonly Load[], results: number[], title: (load: Load) => string): void {
  const rows = results.map((each, index) => [
    title(loads[index]!),
    `${number(1e3 / each)} M frames/s`,
    `${number(each)} ns/frame`,
  ]);
  printTable(rows);
}

function floodCost(options: BenchOptions): void {
  const loads = PORTS.map((ports) => ({ hosts: ports, ports, frameBytes: FRAME_BYTES }));
  const results = measure(loads, options, (load, ms) => load.flood(ms));
  console.log("\nOne broadcast frame to all ports");
  const rows = results.map((each, index) => {
    const { ports } = loads[index]!;
    const perPort = `${number(each / (ports - 1))} ns a port`;
    return [`${ports.toLocaleString("en")} ports`, `${number(each / 1e3)} us`, perPort];
  });
  printTable(rows);
}

/** Housekeeping of every second, and the sweep of the table, 32 times in an age. */
function tickCost(options: BenchOptions): void {
  const ms = options.quick ? 50 : 200;
  const cost = (ports: number, hosts: number): [tick: string, sweep: string] => {
    const lan = new SwitchLoad({ hosts, ports, frameBytes: FRAME_BYTES }).switch;
    const ticks: number[] = [];
    const sweeps: number[] = [];
    for (let round = 0; round < options.rounds; round++) {
      ticks.push(nanosecondsPerCall(ms, () => lan.tick(0)));
      sweeps.push(nanosecondsPerCall(ms, () => void lan.table.sweep(0)));
    }
    return [`${number(median(ticks))} ns a tick`, `${number(median(sweeps) / 1e3)} us a sweep`];
  };
  console.log("\nHousekeeping of a switch");
  printTable([
    ["2 idle ports, 2 addresses", ...cost(2, 2)],
    ["1,000 idle ports, 1,000 addresses", ...cost(1_000, 1_000)],
    ["1,000 idle ports, 65,536 addresses", ...cost(1_000, 65_536)],
  ]);
}

async function idleCost(options: BenchOptions): Promise<void> {
  const seconds = options.quick ? 2 : 10;
  console.log(`\nA server with ${IDLE_PORTS.toLocaleString("en")} idle ports over loopback TCP`);
  const rows: string[][] = [];
  for (const kind of ["native", "raw"] as const) {
    const { bytesPerPort, residentPerPort, cpuBefore, cpuWith } = await measureIdlePorts(
      kind,
      IDLE_PORTS,
      seconds,
    );
    rows.push([
      `${kind} peers`,
      `${number(bytesPerPort / 1e3)} KB a port`,
      `${number(residentPerPort / 1e3)} KB resident`,
      `${number(cpuBefore)} ms CPU/s without ports`,
      `${number(cpuWith)} with`,
    ]);
  }
  printTable(rows);
}
