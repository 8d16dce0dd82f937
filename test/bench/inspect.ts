/**
 * What it costs to look into a large switch: how long an answer takes, and for how long frames stand still meanwhile,
 * which is the longest delay of the server's event loop.
 */
import { type ChildProcess, execFile, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { constants, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Started } from "./inspect-server.js";
import type { BenchOptions } from "./options.js";
import { median, number, printTable } from "./report.js";

const PORTS = 500;
const MACS = 20_000;
const ANSWER_MS = 300;
const STALL_MS = 5;
/** Quiet before and after each question, so that one's work is not counted for the next. */
const PAUSE_MS = 300;
const ROUNDS_PER_ROUND = 4;

const SERVER = fileURLToPath(new URL("inspect-server.js", import.meta.url));
const TAPSWITCH = fileURLToPath(new URL("../../../bin/tapswitch.js", import.meta.url));
const execute = promisify(execFile);

interface Question {
  readonly name: string;
  readonly limitMs: number;
  ask(server: Started): Promise<unknown>;
}

/** What the page asks for each second, besides its own files. */
const PLACES = Array.from({ length: 10 }, (_, index) => `at=default/${index + 1}`).join("&");

const QUESTIONS: readonly Question[] = [
  { name: "nothing", limitMs: Number.NaN, ask: () => sleep(100) },
  { name: "tapswitch status", limitMs: ANSWER_MS, ask: (server) => command(server, "status") },
  {
    name: "tapswitch status --json",
    limitMs: ANSWER_MS,
    ask: (server) => command(server, "status", "--json"),
  },
  { name: "tapswitch ports --json", limitMs: ANSWER_MS, ask: (server) => command(server, "ports", "--json") },
  { name: "tapswitch fdb --json", limitMs: Number.NaN, ask: (server) => command(server, "fdb", "--json") },
  {
    name: "the ports over the socket",
    limitMs: ANSWER_MS,
    ask: ({ control }) => getUnix(control, "/v1/ports"),
  },
  { name: "/metrics", limitMs: ANSWER_MS, ask: ({ http }) => get(http, "metrics") },
  { name: "the page and its first answers", limitMs: ANSWER_MS, ask: ({ http }) => openPage(http) },
  {
    name: "search of the addresses",
    limitMs: Number.NaN,
    ask: ({ http }) => get(http, "v1/hosts?search=ff:ff"),
  },
];

/**
 * Prints a line for each question: the middle and the longest answer, and the middle and the longest stall. A command
 * starts a process, which takes the processor from the server on a small machine; so its stalls are shown, not judged.
 */
export async function run(options: BenchOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tapswitch-bench-"));
  const child = fork(SERVER, [String(PORTS), String(MACS), folder]);
  preferred(child);
  try {
    const [server] = (await once(child, "message")) as [Started];
    console.log(
      `${PORTS} ports, ${MACS.toLocaleString("en")} addresses; wanted: ${ANSWER_MS} ms, ${STALL_MS} ms\n`,
    );
    const rows: string[][] = [];
    const { only } = options;
    for (const question of QUESTIONS)
      if (only.length === 0 || only.some((part) => question.name.includes(part)))
        rows.push(await measure(question, { server, child, options }));
    printTable(rows);
  } finally {
    child.kill();
    await once(child, "exit");
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Who asks runs on the same few processors: what it takes from the server is none of the server's stalls. */
function preferred({ pid }: ChildProcess): void {
  try {
    setPriority(pid!, constants.priority.PRIORITY_HIGHEST);
  } catch {
    console.log("without the right to put the server first, stalls are those of a busy machine too");
  }
}

interface Lab {
  readonly server: Started;
  readonly child: ChildProcess;
  readonly options: BenchOptions;
}

async function measure({ name, limitMs, ask }: Question, { server, child, options }: Lab): Promise<string[]> {
  const answers: number[] = [];
  const stalls: number[] = [];
  // The first one pays for code that is compiled once.
  await ask(server);
  for (let round = 0; round < options.rounds * ROUNDS_PER_ROUND; round++) {
    await sleep(PAUSE_MS);
    await longestStall(child);
    const start = performance.now();
    await ask(server);
    answers.push(performance.now() - start);
    stalls.push(await longestStall(child));
  }
  // The middle is judged: a long one among many is garbage collection, or another user of the machine.
  const isGood = median(answers) < limitMs && (name.startsWith("tapswitch") || median(stalls) < STALL_MS);
  return [
    name,
    `${number(median(answers))} ms`,
    `${number(Math.max(...answers))} ms at most`,
    `stall ${number(median(stalls))} ms`,
    `${number(Math.max(...stalls))} ms at most`,
    Number.isNaN(limitMs) ? "" : isGood ? "as wanted" : "MISSED",
  ];
}

/** Milliseconds since it was last asked. */
async function longestStall(child: ChildProcess): Promise<number> {
  child.send("delay");
  const [ms] = (await once(child, "message")) as [number];
  return ms;
}

async function get(http: string, path: string): Promise<string> {
  const response = await fetch(http + path);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.text();
}

/** As curl does. */
function getUnix(socketPath: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path, agent: false }, (response) => {
      response.on("data", () => undefined).on("end", resolve);
    });
    asking.on("error", reject).end();
  });
}

/** As a browser does: the page, its files, and then what they ask. */
async function openPage(http: string): Promise<void> {
  await get(http, "");
  await Promise.all(["page.js", "page.css", "icon.svg"].map((path) => get(http, path)));
  await Promise.all(["v1/status", "v1/ports", "v1/hosts?limit=200"].map((path) => get(http, path)));
  await get(http, `v1/hosts?perPort=2&limit=1000&${PLACES}`);
}

async function command({ control }: Started, ...args: string[]): Promise<void> {
  const options = { maxBuffer: 64 * 1_024 * 1_024 };
  await execute(process.execPath, [TAPSWITCH, ...args, "--control", control], options);
}
