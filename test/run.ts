/**
 * Runs the test files through `node --test`, one at a time: kernel tests share the machine's devices and two cores.
 *
 *     node dist/test/run.js [--generated] [PART-OF-A-PATH]...
 *
 * `--generated` runs only the tests on generated input, whose number `TAPSWITCH_FUZZ_RUNS` sets.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const GENERATED = "generated";

const folder = import.meta.dirname;
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.js"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();
// Without a file to run, node would look for some itself, and find the benchmarks.
if (files.length === 0) throw new Error(`no test file has any of these in its path: ${wanted.join(" ")}`);
const pattern = process.argv.includes("--generated") ? [`--test-name-pattern=${GENERATED}`] : [];
const run = spawnSync(
  process.execPath,
  [
    "--enable-source-maps",
    "--test",
    "--test-concurrency=1",
    ...pattern,
    ...files.map((file) => join(folder, file)),
  ],
  { stdio: "inherit" },
);
process.exitCode = run.status ?? 1;
