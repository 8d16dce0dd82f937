/**
 * Kernel tests need a network of their own. A file that wraps its tests in `kernelTests` runs itself once more
 * under `unshare --net`, which leaves nothing behind however it ends.
 */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const INSIDE = "TAPSWITCH_TEST_NAMESPACE";
const TIMEOUT_MS = 120_000;

/** Runs the tests that `define` defines in a new network namespace, or says why it cannot. */
export function kernelTests(fileUrl: string, define: () => void): void {
  if (process.env[INSIDE] === "1") {
    define();
    return;
  }
  const file = fileURLToPath(fileUrl);
  const missing = whatIsMissing();
  if (missing !== null) {
    // On the continuous-integration run these must run, not skip.
    test(`${basename(file)} in a network namespace`, { skip: process.env["CI"] ? false : missing }, () =>
      assert.fail(missing),
    );
    return;
  }
  test(`${basename(file)} in a network namespace`, () => {
    const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
    const child = spawnSync("unshare", ["--net", process.execPath, "--enable-source-maps", file], {
      env: { ...environment, [INSIDE]: "1" },
      encoding: "utf8",
      timeout: TIMEOUT_MS,
    });
    assert.equal(child.status, 0, `${child.stdout}${child.stderr}${child.error ?? child.signal ?? ""}`);
  });
}

/** Why kernel tests cannot run here, or null. */
function whatIsMissing(): string | null {
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
  } catch {
    return "/dev/net/tun cannot be opened";
  }
  if (process.getuid?.() !== 0) return "not root";
  const { error, status } = spawnSync("unshare", ["--net", "ip", "link", "set", "lo", "up"]);
  return error === undefined && status === 0 ? null : "cannot make a network namespace with unshare and ip";
}

/** Runs one `ip` command and returns what it prints. */
export function ip(command: string): string {
  return execFileSync("ip", command.split(" "), { encoding: "utf8" });
}

/** A second network namespace, which lasts as long as this process at most. */
export class Namespace {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async make(): Promise<Namespace> {
    const holder = spawn("unshare", ["--net", "sh", "-c", "echo; exec cat"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    return new Namespace(holder);
  }

  get pid(): number {
    return this.#holder.pid!;
  }

  /** The words that run a command in it. */
  enter(...command: string[]): [string, string[]] {
    return ["nsenter", [`--net=/proc/${this.pid}/ns/net`, ...command]];
  }

  ip(command: string): string {
    return execFileSync(...this.enter("ip", ...command.split(" ")), { encoding: "utf8" });
  }

  remove(): void {
    this.#holder.stdin?.end();
  }
}
