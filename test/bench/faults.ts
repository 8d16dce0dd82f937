/**
 * `bench -- faults`: how much throughput two hosts keep while a third one's client has stopped reading. The third
 * is sent floods and unicast all the time, so that the two cases differ in nothing but its stopping; it is stopped
 * for less than the keepalive limit, after which the server would drop it and be rid of the trouble. And how much they
 * keep while two TAPs in one bridge make a loop through the switch, from its beginning on.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Child, Lab, missing } from "../../src/cli/demo/lab.js";
import { type Path, settle, tcp } from "./lab-figures.js";
import type { BenchOptions } from "./options.js";
import { median, number, printTable } from "./report.js";
import { SERVER_URL, tapswitch } from "./tunnels/tapswitch.js";
import { buildUnderlay, OVERLAY } from "./tunnels/tunnel.js";

const WANTED_RATIO = 0.9;
/** A port that was cut goes on some seconds after its loop is gone, later each time. */
const LOOP_GONE_MS = 15_000;

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
  await runLoop(options);
}

/** Prints the throughput without a loop, and while one begins and is cut, and their ratio. */
async function runLoop(options: BenchOptions): Promise<void> {
  const lab = new Lab();
  try {
    const [before, during] = await measureLoop(lab, options);
    const ratio = during / before;
    const verdict = ratio >= WANTED_RATIO ? "" : `  (below ${WANTED_RATIO})`;
    printTable([
      ["TCP between two hosts, Gbit/s", "no loop", "loop begins", "kept"],
      ["tapswitch", number(before), number(during), number(ratio) + verdict],
    ]);
  } finally {
    await lab.close();
  }
}

async function measureLoop(
  lab: Lab,
  { rounds, quick }: BenchOptions,
): Promise<[before: number, during: number]> {
  await buildUnderlay(lab, ["s", "a", "b", "c"]);
  const tunnel = await tapswitch().start(lab);
  await lab.ip("c", "link", "add", "name", "br1", "type", "bridge");
  await lab.up("c", "br1");
  for (const device of ["one", "two"]) {
    const end = lab.tapswitch("c", "join", SERVER_URL, "--dev", device, "--name", device, "--bridge", "br1");
    await end.waitFor(/joined/);
  }
  const path: Path = { lab, from: tunnel.a, to: tunnel.b, children: tunnel.children };
  const seconds = quick ? 2 : 5;
  const figures = { before: [] as number[], during: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    await lab.ip("c", "link", "set", "dev", "two", "nomaster");
    await settle(path);
    await sleep(LOOP_GONE_MS);
    figures.before.push((await tcp(path, seconds)).gbits);
    await lab.ip("c", "link", "set", "dev", "two", "master", "br1");
    lab.spawn("c", ["ping", "-q", "-b", "-c", "20", "-i", "0.1", "-I", "br1", "10.10.0.255"]);
    figures.during.push((await tcp(path, seconds)).gbits);
  }
  return [median(figures.before), median(figures.during)];
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
