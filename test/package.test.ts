/**
 * The package as npm packs it: what is in it, and that it installs and works in an empty folder where there is no
 * compiler. The dependencies come from npm's cache, or from the registry where they are not in it.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { eventually } from "./support/clock.js";
import { frame, mac, Peer } from "./support/peers.js";
import { compile, readmeSnippets } from "./support/readme-snippets.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Node 20 is built for glibc 2.28 [node BUILDING.md, "Platform list"]. */
const NODE_GLIBC_MINOR = 28;
/** Whatever else is there has no business in the package. */
const MAY_BE_IN_IT = [
  /^(README|CHANGELOG)\.md$|^LICENSE$|^package\.json$/,
  /^bin\/[\w-]+\.js$/,
  /^dist\/src\/(?!.*\.test\.)[\w/-]+(\.d\.ts|\.js)$/,
  /^dist\/src\/page\/[\w-]+\.(html|css|js|svg)$/,
  /^dist\/bundle\/[\w-]+\.js(\.map)?$/,
  /^dist\/prebuilds\/linux-[\w-]+\/tapswitch\.node$/,
  /^dist\/tapswitch\.schema\.json$/,
  /^src\/native\/([\w-]+\.[ch]|build\.js)$/,
  /^examples\/(systemd\/[\w.@-]+|tapswitch\.yaml)$/,
];
const MUST_BE_IN_IT = [
  ...["README.md", "LICENSE", "CHANGELOG.md", "bin/tapswitch.js", "bin/tapswitch-extcap.js"],
  ...["dist/src/index.js", "dist/src/index.d.ts", "dist/bundle/main.js", "dist/bundle/extcap.js"],
  ...["index.html", "page.js", "page.css", "icon.svg"].map((file) => `dist/src/page/${file}`),
  ...[`dist/prebuilds/${process.platform}-${process.arch}/tapswitch.node`, "dist/tapswitch.schema.json"],
  ...["src/native/build.js", "src/native/addon.c", "examples/tapswitch.yaml"],
];

/** A program that embeds the packed library: joins a server, and answers every frame to who sent it. */
const EMBEDDING = `
import { FrameCursor, MemoryLink, Switch, dial, monotonicClock, parseEndpoint, type Batch } from "tapswitch";

const lan = new Switch({ name: "lan", clock: monotonicClock });
const [host, jack] = MemoryLink.pair();
lan.attach(jack, { name: "host" });
lan.attach(await dial(parseEndpoint(process.argv[2]!)), { name: "server" });
const frame = new FrameCursor();
host.start({
  batch: ({ bytes, start, end }: Batch) => {
    for (frame.open(bytes, start, end); frame.next(); ) {
      const answer = Buffer.from(bytes.subarray(frame.recordStart, frame.recordEnd));
      bytes.copy(answer, 4, frame.frameStart + 6, frame.frameStart + 12);
      answer.set([2, 0, 0, 0, 0, 9], 10);
      host.send(answer, 0, answer.length);
    }
  },
  drain: () => undefined,
  dropped: () => undefined,
  close: () => undefined,
});
console.log("ready");
`;

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

let folder = "";
let packed: Packed;
const running: ChildProcess[] = [];

/** Only what running and installing takes: no compiler, no make, no Python. */
function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: join(folder, "bin"), npm_config_update_notifier: "false" };
}

function findTool(name: string): string {
  const folders = process.env["PATH"]!.split(delimiter);
  const found = folders.flatMap((one) => {
    try {
      return [realpathSync(join(one, name))];
    } catch {
      return [];
    }
  });
  return found[0]!;
}

function run(command: string, ...args: string[]): string {
  const options = { cwd: join(folder, "app"), env: environment(), encoding: "utf8" } as const;
  const { status, stdout, stderr } = spawnSync(join(folder, "bin", command), args, options);
  assert.equal(status, 0, `${command} ${args.join(" ")}\n${stdout}${stderr}`);
  return stdout;
}

/** Starts a process in the folder and waits until it has said what `pattern` matches. */
async function start(pattern: RegExp, ...args: string[]): Promise<RegExpExecArray> {
  const child = spawn(process.execPath, args, { cwd: join(folder, "app"), env: environment() });
  running.push(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (bytes) => {
      said += String(bytes);
    });
  await eventually(
    () => pattern.test(said),
    () => `${pattern} in: ${said}`,
    30_000,
  );
  return pattern.exec(said)!;
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), "tapswitch-package-"));
  for (const name of ["bin", "app"]) mkdirSync(join(folder, name));
  for (const tool of ["npm", "npx", "sh", "env"]) symlinkSync(findTool(tool), join(folder, "bin", tool));
  symlinkSync(process.execPath, join(folder, "bin", "node"));
  const pack = ["pack", "--json", "--ignore-scripts", "--silent", "--pack-destination", folder];
  const { stdout, stderr } = spawnSync("npm", pack, { cwd: ROOT, encoding: "utf8" });
  assert.match(stdout, /"files"/, stderr);
  packed = onlyOne(JSON.parse(stdout));
});

after(async () => {
  for (const child of running) {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
});

/** Older versions of npm answer with a list, newer ones with the packages by name. */
function onlyOne(answer: unknown): Packed {
  return Object.values(answer as Record<string, Packed>)[0]!;
}

describe("the packed package", () => {
  test("holds what it needs, and no tests, no sources of TypeScript, no maps of what is not bundled", () => {
    const paths = packed.files.map(({ path }) => path);
    const strays = paths.filter((path) => !MAY_BE_IN_IT.some((pattern) => pattern.test(path)));
    assert.deepEqual(strays, []);
    assert.deepEqual(
      MUST_BE_IN_IT.filter((path) => !paths.includes(path)),
      [],
    );
    assert.deepEqual(
      packed.files.filter(({ size }) => size === 0),
      [],
    );
  });

  test("has types for each of its modules", () => {
    const paths = new Set(packed.files.map(({ path }) => path));
    const modules = [...paths].filter((path) => /^dist\/src\/(?!page\/page).*\.js$/.test(path));
    assert.ok(modules.length > 100);
    assert.deepEqual(
      modules.filter((path) => !paths.has(path.replace(/\.js$/, ".d.ts"))),
      [],
    );
  });

  test("has an addon that needs no newer C library than Node itself does", () => {
    const addon = readFileSync(
      join(ROOT, `dist/prebuilds/${process.platform}-${process.arch}/tapswitch.node`),
      "latin1",
    );
    const versions = [...addon.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
    assert.ok(Math.max(...versions) <= NODE_GLIBC_MINOR, `glibc 2.${Math.max(...versions)}`);
  });

  test("installs where there is no compiler, and its commands run", () => {
    writeFileSync(join(folder, "app/package.json"), '{ "type": "module" }');
    const tarball = join(folder, packed.filename);
    run("npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--omit=optional", tarball);
    assert.match(run("npx", "tapswitch", "--help"), /^Usage: tapswitch/);
    assert.match(run("npx", "tapswitch", "demo", "--help"), /^Usage: tapswitch demo/);
    assert.match(run("npx", "tapswitch", "--version"), /^\d+\.\d+\.\d+/);
  });

  test("has types by which a program that embeds it compiles, and those of the README", () => {
    const snippets = readmeSnippets();
    assert.ok(snippets.length >= 2);
    assert.equal(compile(join(folder, "app"), [{ name: "embedding.ts", text: EMBEDDING }, ...snippets]), "");
    assert.equal(run("node", "readme-1.js"), "bob hears 60 bytes\nrefused: 1\n");
  });

  test("switches a frame between a peer and a program that embeds it", async (t) => {
    const cli = join(folder, "app/node_modules/tapswitch/bin/tapswitch.js");
    const serving = ["serve", "--listen", "tcp://127.0.0.1:0", "--no-loop-probe", "--log-format", "human"];
    const [, port] = await start(
      /tcp:\/\/127\.0\.0\.1:(\d+)/,
      cli,
      ...serving,
      "--control",
      join(folder, "c"),
    );
    await start(/ready/, "embedding.js", `tcp://127.0.0.1:${port}`);
    const peer = await Peer.connect({ host: "127.0.0.1", port: Number(port) });
    t.after(() => peer.destroy());
    const asking = setInterval(() => peer.send(frame({ from: mac(5) })), 200);
    t.after(() => clearInterval(asking));
    await eventually(() => peer.frames.length > 0, "an answer");
    assert.equal(peer.frames[0]!.toString("hex", 0, 12), "020000000005020000000009");
  });
});
