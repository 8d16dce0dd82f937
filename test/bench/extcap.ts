/** `bench -- extcap`: how long Wireshark waits at its start for the list of networks and ports. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseServeConfig } from "../../src/config/serve-config.js";
import { createLog } from "../../src/daemon/log.js";
import { Server } from "../../src/daemon/server.js";
import { BROADCAST, batchOf, frame, macOf } from "../support/frames.js";
import type { BenchOptions } from "./options.js";
import { median, number, printTable } from "./report.js";

const ENTRY = fileURLToPath(new URL("../../../bin/tapswitch-extcap.js", import.meta.url));
const PORTS = 100;
const RUNS = 10;
/** What a user who starts Wireshark does not notice, ms. */
const LIMIT_MS = 150;

/** Prints the time of each of Wireshark's questions, beside that of Node's own start. */
export async function run({ rounds }: BenchOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tapswitch-bench-"));
  const [control, raw] = [join(folder, "control.sock"), join(folder, "raw.sock")];
  const config = parseServeConfig({ listen: [`unix://${raw}`], state: folder, control });
  const server = new Server(config, createLog({ level: "silent", json: true, write: () => undefined }));
  await server.start();
  const peers = await plugIn(raw, server);
  try {
    await report(["--socket", control], rounds);
  } finally {
    for (const peer of peers) peer.destroy();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function report(sockets: readonly string[], rounds: number): Promise<void> {
  const questions: readonly (readonly [string, readonly string[]])[] = [
    ["node alone", ["-e", "0"]],
    [
      `--extcap-interfaces, ${PORTS} ports`,
      [ENTRY, ...sockets, "--extcap-interfaces", "--extcap-version=4.0"],
    ],
    ["--extcap-config", [ENTRY, ...sockets, "--extcap-config", "--extcap-interface", "tapswitch:default"]],
  ];
  const times = questions.map((): number[] => []);
  // They take turns, so that all see the same machine.
  for (let round = 0; round < rounds * RUNS; round++)
    for (const [index, [, argv]] of questions.entries()) times[index]!.push(await timeOf(argv));
  const medians = times.map(median);
  printTable([["question", "ms"], ...questions.map(([name], index) => [name, number(medians[index]!)])]);
  const slowest = Math.max(...medians);
  console.log(slowest <= LIMIT_MS ? `within ${LIMIT_MS} ms` : `above ${LIMIT_MS} ms`);
}

async function timeOf(argv: readonly string[]): Promise<number> {
  const start = performance.now();
  const [status] = (await once(spawn(process.execPath, argv, { stdio: "ignore" }), "exit")) as [number];
  if (status !== 0) throw new Error(`${argv.join(" ")} ended with ${status}`);
  return performance.now() - start;
}

/** As many raw peers, each with a port of its own. */
async function plugIn(path: string, server: Server): Promise<Socket[]> {
  const peers = Array.from({ length: PORTS }, (_, index) => {
    const peer = connect({ path });
    peer.write(batchOf(frame({ to: BROADCAST, from: macOf(index + 1) })).bytes);
    return peer.resume();
  });
  while (server.network("default")!.switch.ports.length < PORTS) await sleep(10);
  return peers;
}
