/**
 * `bench -- faults`: how much throughput two hosts keep while a third one's client has stopped reading. The third
 * is sent floods and unicast all the time, so that the two cases differ in nothing but its stopping; it is stopped
 * for less than the keepalive limit, after which the server would drop it and be rid of the trouble.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Child, Lab, missing } from "../../src/cli/demo/lab.js";
import { type Path, settle, tcp } from "./lab-figures.js";
import type { BenchOptions } from "./options.js";
import { median, number, printTable } from "./report.js";
import { SERVER_URL, tapswitch } from "./tunnels/tapswitch.js";
import { buildUnderlay, OVERLAY } from "./tunnels/tunnel.js";

const WANTED_RATIO = 0.9;

/** Prints the throughput with all three running and with the third stopped, and their ratio. */
export async function run(options: BenchOptions): Promise<void> {
  const lacking = missing(["iperf3"]);
  if (lacking.length > 0) throw new Error(lacking.join(" "));
  const lab = new Lab();
  try {
    const [running, stopped] = await measure(lab, options);
    const ratio = stopped / running;
    const verdict = ratio >= WANTED_RATIO ? "" : `  (below ${WANTED_RATIO})`;
    printTable([
      ["TCP between two hosts, Gbit/s", "third runs", "third stopped", "kept"],
      ["tapswitch", number(running), number(stopped), number(ratio) + verdict],
    ]);
  } finally {
    await lab.close();
  }
}

async function measure(
  lab: Lab,
  { rounds, quick }: BenchOptions,
): Promise<[running: number, stopped: number]> {
  await buildUnderlay(lab, ["s", "a", "b", "c"]);
  const tunnel = await tapswitch().start(lab);
  const third = lab.tapswitch(
    "c",
    "join",
    SERVER_URL,
    "--dev",
    "tap0",
    "--ip",
    `${OVERLAY.c}/24`,
    "--name",
    "c",
  );
  await third.waitFor(/joined/);
  const path: Path = { lab, from: tunnel.a, to: tunnel.b, children: tunnel.children };
  await settle(path);
  await keepSending(lab);
  const figures = { running: [] as number[], stopped: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    figures.running.push((await tcp(path, quick ? 1 : 3)).gbits);
    figures.stopped.push(await whileStopped(third, async () => (await tcp(path, quick ? 1 : 3)).gbits));
  }
  return [median(figures.running), median(figures.stopped)];
}

/** Floods and unicast from a to c, 500 frames/s of 1,442 bytes each. */
async function keepSending(lab: Lab): Promise<void> {
  const address = (await lab.run("c", ["cat", "/sys/class/net/tap0/address"], { check: true })).stdout.trim();
  // With a permanent neighbour entry a goes on sending when c no longer answers ARP.
  await lab.ip("a", "neighbour", "replace", OVERLAY.c, "lladdr", address, "dev", "tap0", "nud", "permanent");
  for (const target of [OVERLAY.c, "10.10.0.255"])
    lab.spawn("a", ["ping", "-q", "-n", "-b", "-i", "0.002", "-s", "1400", target]);
}

async function whileStopped<T>(child: Child, work: () => Promise<T>): Promise<T> {
  child.signal("SIGSTOP");
  try {
    await sleep(500); // its queue fills first
    return await work();
  } finally {
    child.signal("SIGCONT");
    await sleep(500); // what was queued drains
  }
}
