/**
 * A child process that a lab started: its output as it comes, its end as a promise, what it costs. Each child leads
 * its own session, so that Ctrl-C on the terminal does not reach it, and so that everything it starts can be found
 * (to be measured, to be killed) by the session's number.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { TapswitchError } from "../../errors.js";

/** How a process ended: an exit status, or the signal that killed it. */
export interface Exit {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a program is started with. */
export interface StartOptions {
  /** What it reads on standard input; nothing if not given. */
  readonly input?: string;
  /** Leaves standard input open, for programs that end when it does. */
  readonly holdInput?: boolean;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a child and everything it started has used so far. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

/** Output beyond this is forgotten from the front; far more than any test reads. */
const KEPT_OUTPUT = 4 * 1024 * 1024;
/** USER_HZ, the unit of /proc/PID/stat: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

export class Child {
  readonly pid: number;
  /** Settles when the process has ended and its output is complete; rejects only if it could not be started. */
  readonly exit: Promise<Exit>;
  /** Standard output and standard error, in order of arrival. */
  output = "";
  stdout = "";
  stderr = "";
  readonly #title: string;
  readonly #process: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #ended = false;

  constructor(argv: readonly string[], options: StartOptions = {}) {
    const [command = "", ...args] = argv;
    this.#title = argv.join(" ");
    const env = { ...process.env, ...options.env };
    this.#process = spawn(command, args, { detached: true, stdio: ["pipe", "pipe", "pipe"], env });
    this.pid = this.#process.pid ?? 0;
    this.exit = this.#watchExit();
    this.exit.catch(() => undefined); // who needs to know awaits it; an unawaited one must not end the process
    this.#watchOutput();
    this.#process.stdin?.on("error", () => undefined); // the program may end without reading its input
    if (options.holdInput !== true) this.#process.stdin?.end(options.input);
  }

  /** Resolves with the match once the output holds `pattern`; rejects at the time limit or the program's end. */
  waitFor(pattern: RegExp, timeoutMs = 10_000): Promise<RegExpMatchArray> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        settle();
      };
      const fail = (what: string): void =>
        finish(() =>
          reject(new TapswitchError("timeout", `${this.#title}: ${what}; it said:\n${this.output}`)),
        );
      const look = (): void => {
        const match = this.output.match(pattern);
        if (match !== null) finish(() => resolve(match));
        else if (this.#ended) fail(`ended without ${pattern}`);
      };
      const timer = setTimeout(() => fail(`no ${pattern} within ${timeoutMs} ms`), timeoutMs);
      this.#waiting.add(look);
      look();
    });
  }

  /** Forgets the output so far, so that `waitFor` sees only what comes next. */
  clear(): void {
    this.output = "";
    this.stdout = "";
    this.stderr = "";
  }

  /** Sends a signal to the process itself, not to what it started. */
  signal(name: NodeJS.Signals): void {
    if (!this.#ended) this.#process.kill(name);
  }

  /** Asks the process to end, and kills it with all it started if it does not. */
  async stop(graceMs = 2000): Promise<Exit> {
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.kill(), graceMs);
    const exit = await this.exit;
    clearTimeout(timer);
    return exit;
  }

  /** Kills the process and everything it started. */
  kill(): void {
    for (const { pid } of this.#session()) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // it ended by itself meanwhile
      }
    }
  }

  /** CPU time (user and system) and resident memory of the process and everything it started that still runs. */
  usage(): Usage {
    const members = this.#session();
    const cpuSeconds = members.reduce((sum, member) => sum + member.cpuSeconds, 0);
    return { cpuSeconds, rssBytes: members.reduce((sum, member) => sum + member.rssBytes, 0) };
  }

  #watchExit(): Promise<Exit> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        this.#ended = true;
        for (const look of [...this.#waiting]) look();
        settle();
      };
      this.#process.once("close", (status, signal) => end(() => resolve({ status, signal })));
      this.#process.once("error", (cause) =>
        end(() =>
          reject(new TapswitchError("missing", `cannot start '${this.#title}': ${cause.message}`, { cause })),
        ),
      );
    });
  }

  #watchOutput(): void {
    for (const name of ["stdout", "stderr"] as const) {
      this.#process[name]?.setEncoding("utf8").on("data", (text: string) => {
        this[name] = (this[name] + text).slice(-KEPT_OUTPUT);
        this.output = (this.output + text).slice(-KEPT_OUTPUT);
        for (const look of [...this.#waiting]) look();
      });
    }
  }

  #session(): (Usage & { pid: number })[] {
    if (this.pid === 0) return [];
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return pids.flatMap((pid) => {
      const stat = readStat(Number(pid));
      return stat?.session === this.pid ? [stat] : [];
    });
  }
}

function readStat(pid: number): (Usage & { pid: number; session: number }) | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined; // the process ended between the listing and now
  }
  // The second field is the program's name in brackets and may hold anything: count from behind it. [proc(5)]
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [session, userTicks, systemTicks, pages] = [3, 11, 12, 21].map((at) => Number(fields[at])) as Four;
  const cpuSeconds = (userTicks + systemTicks) / TICKS_PER_SECOND;
  return { pid, session, cpuSeconds, rssBytes: pages * PAGE_BYTES };
}

type Four = [number, number, number, number];
