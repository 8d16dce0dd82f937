/**
 * What connections cost that do nothing: a real server in a process of its own, so that the clients' ends do not
 * count, and real TCP sessions over loopback. Native clients ping as `join` does.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseServeConfig } from "../../src/config/serve-config.js";
import { createLog } from "../../src/daemon/log.js";
import { Server } from "../../src/daemon/server.js";
import { RecordKind, writeHeader } from "../../src/frame/record.js";
import { KEEPALIVE_MS } from "../../src/session/liveness.js";
import { formatMessage, type Message, PROTOCOL_VERSION } from "../../src/session/messages.js";

const SERVER = "--idle-ports-server";
/** A native client pings this often: a third of the server's patience. */
const PING_MS = KEEPALIVE_MS / 3;
/** Connections opened at once. */
const BURST = 50;

export interface IdleCost {
  /** Heap and external memory, after garbage collection. */
  readonly bytesPerPort: number;
  readonly residentPerPort: number;
  /** Milliseconds of processor time per second. */
  readonly cpuBefore: number;
  readonly cpuWith: number;
}

interface Figures {
  readonly bytes: number;
  readonly resident: number;
  readonly ports: number;
}

/** Measures a server with no ports and then with `count` idle ones, for some seconds each. */
export async function measureIdlePorts(
  kind: "native" | "raw",
  count: number,
  seconds: number,
): Promise<IdleCost> {
  const child = fork(import.meta.filename, [SERVER], { execArgv: ["--expose-gc"] });
  const [port] = (await once(child, "message")) as [number];
  const clients: Socket[] = [];
  try {
    // The first connections pay for code that is compiled once.
    await open(clients, { kind, port, count: BURST });
    for (const client of clients.splice(0)) client.destroy();
    const [before, cpuBefore] = await observe(child, seconds, () => undefined);
    await open(clients, { kind, port, count });
    const [after, cpuWith] = await observe(
      child,
      seconds,
      (turn) => kind === "native" && ping(clients, turn),
    );
    if (after.ports !== count) throw new Error(`${after.ports} of ${count} ports are up`);
    const bytesPerPort = (after.bytes - before.bytes) / count;
    return { bytesPerPort, residentPerPort: (after.resident - before.resident) / count, cpuBefore, cpuWith };
  } finally {
    for (const client of clients) client.destroy();
    child.kill();
  }
}

async function open(
  clients: Socket[],
  { kind, port, count }: { kind: string; port: number; count: number },
): Promise<void> {
  while (clients.length < count) {
    const burst = Array.from({ length: Math.min(BURST, count - clients.length) }, () =>
      connect(port, "127.0.0.1"),
    );
    await Promise.all(burst.map((client) => once(client, "connect")));
    for (const client of burst) {
      client.resume();
      client.on("error", () => client.destroy());
      if (kind === "native") client.write(hello(clients.length));
      clients.push(client);
    }
  }
}

/** Lets the server settle, then watches it; answers its memory, and its milliseconds of processor time a second. */
async function observe(
  child: ChildProcess,
  seconds: number,
  turn: (number: number) => void,
): Promise<[Figures, number]> {
  await sleep(2_000); // a silent peer becomes a port after one
  const memory = await ask<Figures>(child, "memory");
  const cpuMs = await ask<number>(child, "cpu");
  const turns = seconds * 30;
  for (let number = 0; number < turns; number++) {
    turn(number);
    await sleep(1_000 / 30);
  }
  return [memory, ((await ask<number>(child, "cpu")) - cpuMs) / seconds];
}

/** The clients whose turn it is ping: each once in PING_MS, 30 turns a second. */
function ping(clients: readonly Socket[], turn: number): void {
  const turns = Math.round((PING_MS * 30) / 1_000);
  const message = messageRecord({ type: "ping", time: turn });
  for (let index = turn % turns; index < clients.length; index += turns) clients[index]!.write(message);
}

async function ask<Answer>(child: ChildProcess, what: "memory" | "cpu"): Promise<Answer> {
  child.send(what);
  const [answer] = (await once(child, "message")) as [Answer];
  return answer;
}

function hello(number: number): Buffer {
  const instance = `idle-port-${number}`.padEnd(16, "-");
  return messageRecord({ type: "hello", version: PROTOCOL_VERSION, instance, capabilities: { offload: [] } });
}

function messageRecord(message: Message): Buffer {
  const text = Buffer.from(formatMessage(message));
  const record = Buffer.alloc(4 + text.length);
  writeHeader(record, 0, RecordKind.message, text.length);
  text.copy(record, 4);
  return record;
}

/** The child's part. */
async function serve(): Promise<void> {
  const config = parseServeConfig({ listen: ["tcp://127.0.0.1:0"], maxPorts: 100_000 });
  const server = new Server(config, createLog({ level: "silent", json: true, write: () => undefined }));
  await server.start();
  process.on("message", (what) => process.send!(what === "cpu" ? cpuMs() : memory(server)));
  process.send!(Number(/:(\d+)/.exec(server.bound[0]!.replace("tcp:", ""))![1]));
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

function memory(server: Server): Figures {
  global.gc!();
  const { heapUsed, external, rss } = process.memoryUsage();
  const ports = server.snapshot().networks[0]!.ports.length;
  return { bytes: heapUsed + external, resident: rss, ports };
}

if (process.argv[2] === SERVER) await serve();
