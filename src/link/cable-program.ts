/**
 * A program that carries frames for us over descriptors that it inherits. It leads a process group of its own, which
 * ends with its link, and with this process however that ends in order; what it says on standard error is handed on.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { errnoOf, TapswitchError } from "../errors.js";
import { LineSplitter } from "./line-splitter.js";

/** How long it may take to end when it is told to. */
const GRACE_MS = 1_000;
/** How long its last words may take once it has ended. */
const LAST_WORDS_MS = 200;

export interface CableProgramOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** What becomes its descriptors 0, 1, 3, 4 ... ; "ignore" is /dev/null. */
  readonly descriptors: readonly (number | "ignore")[];
  /** What people call it. */
  readonly name: string;
  /** The package that has the program, for who lacks it. */
  readonly package?: string;
  /** Called with each line that it writes to standard error. */
  said(line: string): void;
  /** It has ended; called once, and not from within `start`. */
  ended(why: TapswitchError): void;
}

const running = new Set<CableProgram>();

export class CableProgram {
  readonly #options: CableProgramOptions;
  readonly #process: ChildProcess;
  #grace: NodeJS.Timeout | undefined;
  #ended = false;
  #lastLine = "";

  private constructor(child: ChildProcess, options: CableProgramOptions) {
    this.#process = child;
    this.#options = options;
    child.on("exit", (status, signal) => this.#exited(signal ?? `status ${status}`));
    child.on("error", () => undefined);
    const lines = new LineSplitter((line) => {
      this.#lastLine = `: ${line}`;
      options.said(line);
    });
    child.stderr?.on("data", (piece: Buffer) => lines.feed(piece));
    child.stderr?.on("end", () => lines.end());
    if (running.size === 0) process.on("exit", endAll);
    running.add(this);
  }

  /** Starts it. Rejects with `missing` or `system` where there is no such program or it cannot run. */
  static start(options: CableProgramOptions): Promise<CableProgram> {
    const { program, args, descriptors } = options;
    const [input = "ignore", output = "ignore", ...more] = descriptors;
    const child = spawn(program, args, { stdio: [input, output, "pipe", ...more], detached: true });
    return new Promise((resolve, reject) => {
      child.once("error", (cause) => reject(notStarted(options, cause)));
      child.once("spawn", () => resolve(new CableProgram(child, options)));
    });
  }

  /** Has it end, with all that it has started. Safe to call twice. */
  stop(): void {
    if (this.#ended || this.#grace !== undefined) return;
    this.#signal("SIGTERM");
    this.#grace = setTimeout(() => this.#signal("SIGKILL"), GRACE_MS);
  }

  /** Ends it at once. */
  kill(): void {
    this.#signal("SIGKILL");
  }

  /** What it said last may still be on its way; but its helpers may keep standard error open. */
  #exited(how: string): void {
    this.#ended = true;
    clearTimeout(this.#grace);
    const late = setTimeout(() => this.#end(how), LAST_WORDS_MS);
    this.#process.once("close", () => {
      clearTimeout(late);
      this.#end(how);
    });
  }

  #end(how: string): void {
    if (!running.has(this)) return;
    // Its helpers may still be there.
    this.#signal("SIGTERM");
    running.delete(this);
    if (running.size === 0) process.off("exit", endAll);
    const { name, ended } = this.#options;
    ended(new TapswitchError("unreachable", `${name} has ended (${how})${this.#lastLine}`));
  }

  #signal(name: "SIGTERM" | "SIGKILL"): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    try {
      process.kill(-pid, name);
    } catch {
      // All of the group has ended.
    }
  }
}

function notStarted({ program, package: name }: CableProgramOptions, cause: Error): TapswitchError {
  const errno = errnoOf(cause) ?? "";
  const hint = name === undefined ? "" : `: install it (Debian: apt install ${name})`;
  if (errno === "ENOENT")
    return new TapswitchError("missing", `the program '${program}' is not there${hint}`, { cause });
  return new TapswitchError("system", `cannot start '${program}' (${errno})`, { cause });
}

function endAll(): void {
  for (const program of running) program.kill();
}
