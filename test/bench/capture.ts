/** `bench -- capture`: what a capture costs the traffic of a loaded server, while it runs and once it has ended. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../src/cli/demo/lab.js";
import { type Path, settle, tcp } from "./lab-figures.js";
import type { BenchOptions } from "./options.js";
import { median, number, printTable } from "./report.js";
import { startTapswitch } from "./tunnels/tapswitch.js";
import { buildUnderlay } from "./tunnels/tunnel.js";

/** Throughput that a capture may cost, of what there is without. */
const MOST_COST = 0.15;
/** For a capture to begin or end. */
const CHANGE_MS = 500;

interface Round {
  readonly before: number;
  readonly during: number;
  readonly after: number;
  /** What the command says at its end. */
  readonly said: string;
}

/** Prints throughput before, during and after, and what the capture got of it. */
export async function run({ rounds, quick }: BenchOptions): Promise<void> {
  const results: Round[] = [];
  for (let round = 0; round < rounds; round++) results.push(await measure(quick ? 1 : 3));
  const [before, during, after] = (["before", "during", "after"] as const).map((part) =>
    median(results.map((one) => one[part])),
  ) as [number, number, number];
  const ratio = (part: "during" | "after"): number => median(results.map((one) => one[part] / one.before));
  printTable([
    ["TAP to TAP, TCP, 1 stream", "Gbit/s", "ratio"],
    ["without a capture", number(before), "1.00"],
    ["while all of it is captured", number(during), number(ratio("during"))],
    ["after the capture", number(after), number(ratio("after"))],
  ]);
  // Before and after are the same; their mean bears less of what else the machine did.
  const cost = 1 - median(results.map((one) => (2 * one.during) / (one.before + one.after)));
  const verdict = cost <= MOST_COST ? "" : ` (above ${MOST_COST * 100} %)`;
  console.log(`a capture costs ${number(cost * 100)} %${verdict}; the last one had ${results.at(-1)!.said}`);
}

async function measure(seconds: number): Promise<Round> {
  const lab = new Lab();
  const folder = mkdtempSync(join(tmpdir(), "tapswitch-bench-"));
  try {
    await buildUnderlay(lab, ["s", "a", "b"]);
    const control = join(folder, "control.sock");
    const tunnel = await startTapswitch(lab, ["--state", folder, "--control", control]);
    const path: Path = { lab, from: tunnel.a, to: tunnel.b, children: tunnel.children };
    await settle(path);
    await tcp(path, 1);
    const { gbits: before } = await tcp(path, seconds);
    const capture = lab.tapswitch("s", "capture", "--control", control, "-w", "/dev/null");
    await sleep(CHANGE_MS);
    const { gbits: during } = await tcp(path, seconds);
    capture.signal("SIGINT");
    await capture.exit;
    await sleep(CHANGE_MS);
    const { gbits: after } = await tcp(path, seconds);
    return { before, during, after, said: capture.stderr.trim() };
  } finally {
    await lab.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
