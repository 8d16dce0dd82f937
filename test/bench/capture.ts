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
/** For the program to start, which takes a processor for half a second, and to end. */
const CHANGE_MS = 1_500;
/** Captures in one round: each between two measurements without, so that what else the machine does shows in both. */
const CAPTURES = 3;

/** Throughput of one capture, and of the measurements before and after it. */
interface Figures {
  readonly before: number;
  readonly during: number;
  readonly after: number;
  /** What the command says at its end. */
  readonly said: string;
}

/** Prints throughput before, during and after, and what the capture got of it. */
export async function run({ rounds, quick }: BenchOptions): Promise<void> {
  const all: Figures[] = [];
  for (let round = 0; round < rounds; round++) all.push(...(await measure(quick ? 1 : 2)));
  const row = (title: string, part: "before" | "during" | "after"): string[] => [
    title,
    number(median(all.map((one) => one[part]))),
    number(median(all.map((one) => (2 * one[part]) / (one.before + one.after)))),
  ];
  printTable([
    ["TAP to TAP, TCP, 1 stream", "Gbit/s", "of the mean without"],
    row("before a capture", "before"),
    row("while all is captured", "during"),
    row("after it", "after"),
  ]);
  const cost = 1 - median(all.map((one) => (2 * one.during) / (one.before + one.after)));
  const verdict = cost <= MOST_COST ? "" : ` (above ${MOST_COST * 100} %)`;
  console.log(`a capture costs ${number(cost * 100)} %${verdict}; the last one had ${all.at(-1)!.said}`);
}

async function measure(seconds: number): Promise<Figures[]> {
  const lab = new Lab();
  const folder = mkdtempSync(join(tmpdir(), "tapswitch-bench-"));
  try {
    await buildUnderlay(lab, ["s", "a", "b"]);
    const control = join(folder, "control.sock");
    const tunnel = await startTapswitch(lab, ["--state", folder, "--control", control]);
    const path: Path = { lab, from: tunnel.a, to: tunnel.b, children: tunnel.children };
    await settle(path);
    let { gbits: before } = await tcp(path, seconds);
    const found: Figures[] = [];
    while (found.length < CAPTURES) {
      const { gbits: during, said } = await capturing(lab, control, () => tcp(path, seconds));
      const { gbits: after } = await tcp(path, seconds);
      found.push({ before, during, after, said });
      before = after;
    }
    return found;
  } finally {
    await lab.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Measures while all is captured, and read as fast as can be. */
async function capturing(lab: Lab, control: string, measured: () => Promise<{ gbits: number }>) {
  const capture = lab.tapswitch("s", "capture", "--control", control, "-w", "/dev/null");
  await sleep(CHANGE_MS);
  const { gbits } = await measured();
  capture.signal("SIGINT");
  await capture.exit;
  await sleep(CHANGE_MS);
  return { gbits, said: capture.stderr.trim() };
}
