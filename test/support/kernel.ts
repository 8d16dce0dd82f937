/**
 * Tests on real devices, each in a lab of its own that is removed whatever happens. Where the machine cannot make
 * one the test is skipped and says why; on the continuous-integration run (CI is set) that is a failure, because a
 * skipped kernel test proves nothing.
 */
import { type TestContext, test } from "node:test";
import { Lab, missing } from "../../src/cli/demo/lab.js";

export interface KernelTestOptions {
  /** Programs the test needs beside `ip` and `ping`. */
  readonly needs?: readonly string[];
  readonly timeoutMs?: number;
}

type Body = (lab: Lab, t: TestContext) => Promise<void>;

const TIMEOUT_MS = 120_000;
const open = new Set<Lab>();

/** Runs `body` with a fresh lab: `kernelTest(title, body)` or `kernelTest(title, options, body)`. */
export function kernelTest(title: string, body: Body): void;
export function kernelTest(title: string, options: KernelTestOptions, body: Body): void;
export function kernelTest(title: string, first: KernelTestOptions | Body, second?: Body): void {
  const [options, body] = typeof first === "function" ? [{}, first] : [first, second!];
  const lacking = missing(options.needs).join(" ");
  const skip = lacking !== "" && !process.env["CI"] ? lacking : false;
  test(title, { skip, timeout: options.timeoutMs ?? TIMEOUT_MS }, async (t) => {
    if (lacking !== "") throw new Error(`kernel tests must run here, but: ${lacking}`);
    await withLab(t.signal, (lab) => body(lab, t));
  });
}

async function withLab(signal: AbortSignal, use: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = new Lab();
  open.add(lab);
  signal.addEventListener("abort", () => void lab.close()); // the test ran into its time limit
  try {
    await use(lab);
  } finally {
    await lab.close();
    open.delete(lab);
  }
}

// The test runner ends a file that takes too long by signal; its labs must go with it.
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    void Promise.all([...open].map((lab) => lab.close())).finally(() => process.exit(1));
  });
}
