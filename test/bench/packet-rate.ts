/**
 * The highest rate of small packets that a tunnel delivers with under 1 % loss, found by bisecting offered rates.
 *
 * What counts is what has arrived shortly after the sender stopped, not what arrives in the end: a tunnel over TCP
 * would swallow a second's excess in its buffers and look lossless. Frames are counted at the receiving
 * device, so that the receiving program is no limit. The generator is iperf3: exact up to about 100,000
 * packets/s here and able to send 150,000 (trafgen reaches 220,000, but its `--rate` sends each second's packets in
 * one burst).
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Path, startServer } from "./lab-figures.js";

export interface Search {
  /** Length of each trial. */
  readonly seconds: number;
  /** Number of halvings (geometric) between the lowest and the highest rate. */
  readonly steps: number;
  readonly lowest: number;
  readonly highest: number;
}

/** Ethernet, IPv4 and UDP headers and the frame check sequence: what a frame's length has beside the payload. */
const OVERHEAD_BYTES = 14 + 20 + 8 + 4;
const ACCEPTED_LOSS = 0.01;
/** Frames of iperf3's own TCP connection that reach the server before and during a trial, give or take three. */
const CONTROL_FRAMES = 10;
/** What is on its way when the sender stops may still arrive. */
const GRACE_MS = 15;
const POLL_MS = 2;

/** Packets/s at under 1 % loss for frames of `frameBytes`, frame check sequence included; NaN if there is none. */
export async function packetRate(path: Path, frameBytes: number, search: Search): Promise<number> {
  // The counters of a network namespace are read through any process in it.
  const inside = path.lab.spawn(path.to.host, ["sh", "-c", "echo ready; exec sleep 1000"]);
  await inside.waitFor(/ready/);
  const frames = frameCounter(inside.pid, path.to.device);
  let [low, high, best] = [search.lowest, search.highest, Number.NaN];
  for (let step = 0; step < search.steps; step++) {
    const offered = Math.sqrt(low * high);
    const delivered = await passes(path, { frameBytes, offered, seconds: search.seconds, frames });
    if (delivered === undefined) high = offered;
    else [low, best] = [offered, Math.max(delivered, Number.isNaN(best) ? 0 : best)];
  }
  await inside.stop();
  return best;
}

interface Load {
  readonly frameBytes: number;
  /** Packets/s. */
  readonly offered: number;
  readonly seconds: number;
  /** The number of frames received so far at the far end. */
  readonly frames: () => number;
}

/** The delivered rate, or undefined if too much was lost twice: once may be the machine's doing. */
async function passes(path: Path, load: Load): Promise<number | undefined> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const { sent, delivered, tookSeconds } = await trial(path, load);
    if (sent > 0 && delivered >= sent * (1 - ACCEPTED_LOSS)) return delivered / tookSeconds;
  }
  return undefined;
}

interface Trial {
  readonly sent: number;
  readonly delivered: number;
  readonly tookSeconds: number;
}

async function trial(path: Path, { frameBytes, offered, seconds, frames }: Load): Promise<Trial> {
  const payload = String(frameBytes - OVERHEAD_BYTES);
  const bits = String(Math.round(offered * Number(payload) * 8));
  const count = String(Math.round(offered * seconds)); // iperf3's -t takes whole seconds only
  const server = await startServer(path);
  const counting = countDuring(frames, seconds);
  const argv = ["iperf3", "-c", path.to.address, "-u", "-b", bits, "-l", payload, "-k", count, "-J"];
  const client = await path.lab.run(path.from.host, argv, { timeoutMs: 15_000 });
  const delivered = await counting;
  server.kill();
  await server.exit;
  const sum = client.status === 0 ? (JSON.parse(client.stdout) as UdpReport).end?.sum : undefined;
  if (sum === undefined) return { sent: 0, delivered: 0, tookSeconds: seconds };
  return { sent: sum.packets, delivered: Math.min(delivered, sum.packets), tookSeconds: sum.seconds };
}

interface UdpReport {
  readonly end?: { readonly sum?: { readonly packets: number; readonly seconds: number } };
}

/** Waits for the first datagrams, then for the trial's length, and counts what came until then. */
async function countDuring(frames: () => number, seconds: number): Promise<number> {
  const before = frames() + CONTROL_FRAMES;
  const giveUpAt = performance.now() + 5000;
  while (frames() <= before && performance.now() < giveUpAt) await sleep(POLL_MS);
  await sleep(seconds * 1000 + GRACE_MS);
  return frames() - before;
}

/** Reads how many frames `device` has received, in the network namespace of process `pid`. */
function frameCounter(pid: number, device: string): () => number {
  return () => {
    const rows = readFileSync(`/proc/${pid}/net/dev`, "latin1").split("\n");
    const row = rows.find((text) => text.trimStart().startsWith(`${device}:`));
    return Number(row?.split(":")[1]?.trim().split(/ +/)[1] ?? 0);
  };
}
