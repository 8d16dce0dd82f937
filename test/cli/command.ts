import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { eventually } from "../support/clock.js";

export const ROOT = new URL("../../../", import.meta.url).pathname;
export const BIN = join(ROOT, "bin/tapswitch.js");
export const NOBODY = 65_534;

/** A command that runs, and what it has printed. */
export class Running {
  readonly child: ChildProcessWithoutNullStreams;
  stdout = "";
  stderr = "";
  /** Exit status, or the signal that ended it. */
  ended: number | string | undefined;

  constructor(command: string, args: readonly string[], env: Record<string, string> = {}) {
    this.child = spawn(command, args, { env: { ...process.env, ...env } });
    this.child.stdout.on("data", (chunk) => {
      this.stdout += chunk;
    });
    this.child.stderr.on("data", (chunk) => {
      this.stderr += chunk;
    });
    this.child.on("close", (status, signal) => {
      this.ended = status ?? signal ?? undefined;
    });
  }

  async end(limitMs = 10_000): Promise<number | string> {
    await eventually(
      () => this.ended !== undefined,
      () => `the end: ${this.stdout}${this.stderr}`,
      limitMs,
    );
    return this.ended!;
  }

  /** The port that a `serve` has chosen. */
  async listening(): Promise<number> {
    const pattern = /listening on tcp:\/\/127\.0\.0\.1:(\d+)/;
    await eventually(
      () => pattern.test(this.stderr),
      () => `the start: ${this.stderr}`,
    );
    return Number(pattern.exec(this.stderr)![1]);
  }
}

/** Starts `tapswitch` with `args`; it ends with the test at the latest. */
export function start(t: TestContext, args: readonly string[], env?: Record<string, string>): Running {
  const running = new Running(process.execPath, [BIN, ...args], env);
  t.after(() => running.child.kill("SIGKILL"));
  return running;
}

/** Without any of root's rights, whoever runs the test. */
export function startPowerless(t: TestContext, args: readonly string[]): Running {
  if (process.getuid!() !== 0) return start(t, args);
  const running = new Running("setpriv", [
    "--bounding-set=-all",
    "--inh-caps=-all",
    process.execPath,
    BIN,
    ...args,
  ]);
  t.after(() => running.child.kill("SIGKILL"));
  return running;
}
