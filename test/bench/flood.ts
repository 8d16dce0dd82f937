/**
 * `bench -- flood`: how much throughput members keep while strangers flood the door: with connections that say
 * nothing, with handshakes that come to nothing, and with both.
 */
import { fileURLToPath } from "node:url";
import { Lab, missing } from "../../src/cli/demo/lab.js";
import { type Path, settle, tcp } from "./lab-figures.js";
import type { BenchOptions } from "./options.js";
import { median, number, printTable } from "./report.js";
import { tapswitchTls } from "./tunnels/tapswitch-tls.js";
import { buildUnderlay, UNDERLAY } from "./tunnels/tunnel.js";

const WANTED_RATIO = 0.8;
const KINDS = ["half-open", "failing"] as const;
const FLOODER = fileURLToPath(new URL("./flooder.js", import.meta.url));

/** Prints the throughput without and with each flood. */
export async function run({ rounds, quick }: BenchOptions): Promise<void> {
  const lacking = missing(["iperf3"]);
  if (lacking.length > 0) throw new Error(lacking.join(" "));
  const lab = new Lab();
  try {
    await buildUnderlay(lab, ["s", "a", "b", "c"]);
    const tunnel = await tapswitchTls.start(lab);
    const path: Path = { lab, from: tunnel.a, to: tunnel.b, children: tunnel.children };
    await settle(path);
    const seconds = quick ? 1 : 3;
    const figures = { calm: [] as number[], "half-open": [] as number[], failing: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      figures.calm.push((await tcp(path, seconds)).gbits);
      for (const kind of KINDS) {
        const flooder = lab.spawn("c", [
          "nice",
          "-n",
          "19",
          process.execPath,
          FLOODER,
          UNDERLAY.s,
          "9621",
          kind,
        ]);
        await flooder.waitFor(/flooding/);
        figures[kind].push((await tcp(path, seconds)).gbits);
        await flooder.stop();
      }
    }
    const calm = median(figures.calm);
    const row = (kind: (typeof KINDS)[number]): string[] => {
      const ratio = median(figures[kind]) / calm;
      const verdict = ratio >= WANTED_RATIO ? "" : `  (below ${WANTED_RATIO})`;
      return [kind, number(calm), number(median(figures[kind])), number(ratio) + verdict];
    };
    printTable([["flood, TCP of members in Gbit/s", "calm", "flooded", "kept"], ...KINDS.map(row)]);
  } finally {
    await lab.close();
  }
}
