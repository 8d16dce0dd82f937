/**
 * Compiles the addon with nothing but a C compiler: no node-gyp, so no Python and no download of headers. The
 * result uses Node-API only and is loaded unchanged by every Node from 20 on, so the one file for this platform is
 * also what the package carries, and who installs it needs no compiler.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = import.meta.dirname ?? fileURLToPath(new URL(".", import.meta.url));
const output = join(folder, `../../dist/prebuilds/${process.platform}-${process.arch}/tapswitch.node`);
const inputs = readdirSync(folder).filter((name) => /\.[ch]$|^build\.js$/.test(name));
const compiler = process.env["CC"] || "cc";
const extraFlags = (process.env["CFLAGS"] ?? "").split(" ").filter(Boolean);

if (isStale()) compile();

function isStale() {
  if (!existsSync(output)) return true;
  const built = statSync(output).mtimeMs;
  return inputs.some((name) => statSync(join(folder, name)).mtimeMs > built);
}

function compile() {
  const headers = createRequire(import.meta.url)("node-api-headers").include_dir;
  mkdirSync(dirname(output), { recursive: true });
  const unfinished = `${output}.${process.pid}`;
  const flags = [
    "-std=gnu11",
    "-O2",
    "-fPIC",
    "-shared",
    "-fvisibility=hidden",
    "-Wall",
    "-Wextra",
    "-Werror",
  ];
  const sources = inputs.filter((name) => name.endsWith(".c"));
  const { error, status } = spawnSync(
    compiler,
    [...flags, "-DNAPI_VERSION=8", `-I${headers}`, ...extraFlags, "-o", unfinished, ...sources],
    { cwd: folder, stdio: "inherit" },
  );
  if (error)
    fail(
      `cannot run the C compiler '${compiler}' (${error.code}): install one (Debian: apt install gcc libc6-dev) or name it in CC`,
    );
  if (status !== 0) {
    rmSync(unfinished, { force: true });
    fail(`'${compiler}' could not compile the addon in ${folder}: its messages are above`);
  }
  // Renamed, not written in place: a running process keeps the file that it has mapped.
  renameSync(unfinished, output);
}

function fail(sentence) {
  console.error(`tapswitch: ${sentence}.`);
  process.exit(1);
}
