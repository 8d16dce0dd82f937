/**
 * A program that carries frames for us over descriptors that it inherits. It leads a process group of its own, which
 * ends with its link, and with this process however that ends in order; what it says on standard error is handed on.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { errnoOf, TapswitchError } from "../errors.js";
import { LineSplitter } from "./line-splitter.js";

/** How long it may take to end when it is told to. */
const GRACE_MS = 1_000;

export interface CableProgramOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** What becomes its descriptors 0, 1, 3, 4 ... ; "ignore" is /dev/null. */
  readonly descriptors: readonly (number | "ignore")[];
  /** The package that has the program, for who lacks it. */
  readonly package?: string;
  /** Called with each line that it writes to standard error. */
  said(line: string): void;
  /** It has ended or could not be started; called once, later. */
  ended(why: TapswitchError): void;
}

const running = new Set<CableProgram>();

export class CableProgram {
  readonly #options: CableProgramOptions;
  readonly #process: ChildProcess;
  #grace: NodeJS.Timeout | undefined;
  #ended = false;

  /** Starts it. */
  constructor(options: CableProgramOptions) {
    const { program, args, descriptors, said } = options;
    const [input = "ignore", output = "ignore", ...more] = descriptors;
    this.#options = options;
    this.#process = spawn(program, args, { stdio: [input, output, "pipe", ...more], detached: true });
    this.#process.on("error", (cause) => this.#end(this.#notStarted(cause)));
    this.#process.on("exit", (status, signal) => {
      const how = signal ?? `status ${status}`;
      this.#end(new TapswitchError("unreachable", `the program '${program}' has ended (${how})`));
    });
    const lines = new LineSplitter(said);
    this.#process.stderr?.on("data", (piece: Buffer) => lines.feed(piece));
    this.#process.stderr?.on("end", () => lines.end());
    if (running.size === 0) process.on("exit", endAll);
    running.add(this);
  }

  get pid(): number | undefined {
    return this.#process.pid;
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

  #end(why: TapswitchError): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#grace);
    // Its helpers may still be there.
    this.#signal("SIGTERM");
    running.delete(this);
    if (running.size === 0) process.off("exit", endAll);
    this.#options.ended(why);
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

  #notStarted(cause: Error): TapswitchError {
    const { program, package: name } = this.#options;
    const errno = errnoOf(cause) ?? "";
    const hint = name === undefined ? "" : `: install it (Debian: apt install ${name})`;
    if (errno === "ENOENT")
      return new TapswitchError("missing", `the program '${program}' is not there${hint}`, { cause });
    return new TapswitchError("system", `cannot start '${program}' (${errno})`, { cause });
  }
}

function endAll(): void {
  for (const program of running) program.kill();
}
