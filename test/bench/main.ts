/**
 * The benchmarks' command line: `node dist/test/bench/main.js [NAME...] [--rounds N] [--quick] [--only TEXT]`.
 * Figures of two runs do not compare, since the machine is shared: compare the ratios inside one.
 */
import { parseArgs } from "node:util";
import type { Benchmark, BenchOptions } from "./options.js";
import { machine } from "./report.js";

const BENCHMARKS: Readonly<Record<string, string>> = {
  core: "the switch alone, in frames/s per core",
  features: "what each protection adds to the switch alone, and what the usual set leaves",
  offload: "what finishing and merging large segments costs",
  tap: "TAP to TAP through serve and two joins, beside kernel VXLAN",
  scale: "the switch against the number of hosts and ports; memory per idle port",
  peers: "tapswitch, the kernel and every installed peer (about 30 s a tunnel and round)",
  vm: "a VM to a host, beside a TAP on a Linux bridge; what merging segments gains",
  secure: "what TLS costs, beside OpenVPN and tinc",
  flood: "throughput that members keep while strangers flood the door",
  inspect:
    "answers of a switch with 500 ports and 20,000 addresses, and how long frames stand still for them",
  capture: "what a capture costs the traffic of a loaded server",
  extcap: "how long Wireshark waits for the list of networks and ports",
  faults: "throughput kept while another client has stopped reading",
};
const DEFAULT = ["core", "tap"];
const DEFAULT_ROUNDS = 5;

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
    },
  });
  const names = positionals.length === 0 ? DEFAULT : positionals;
  if (names.some((name) => !Object.hasOwn(BENCHMARKS, name))) return usage();
  const rounds = Number(values.rounds ?? (values.quick ? 1 : DEFAULT_ROUNDS));
  if (!Number.isInteger(rounds) || rounds < 1) return usage();
  for (const name of names) await runOne(name, { rounds, quick: values.quick, only: values.only });
  return 0;
}

async function runOne(name: string, options: BenchOptions): Promise<void> {
  const benchmark = (await import(`./${name}.js`)) as Benchmark;
  const pace = `median of ${options.rounds} ${options.rounds === 1 ? "round" : "rounds"}${options.quick ? ", quick" : ""}`;
  console.log(`\n${name}: ${BENCHMARKS[name]}; ${pace}\n${machine()}\n`);
  await benchmark.run(options);
}

function usage(): number {
  console.error("usage: npm run bench -- [NAME...] [--rounds N] [--quick] [--only TEXT]\n");
  for (const [name, what] of Object.entries(BENCHMARKS)) console.error(`  ${name.padEnd(8)}${what}`);
  console.error(`\nWithout a name: ${DEFAULT.join(", ")}.`);
  return 2;
}

// Leaving through exit runs the labs' own clean-up.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));
process.exitCode = await main(process.argv.slice(2));
