/** Holds the sources against the rules of src/README.md: who may import whom, who may print, and how long a file is. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAX_LINES = 300;

/** From the ground up. Who stands on a line may import from the lines above it, and from its neighbours. */
const LAYERS: readonly (readonly string[])[] = [
  ["errors", "clock", "package-file"],
  ["frame"],
  ["native"],
  ["link"],
  ["switch"],
  ["session", "fabric", "config", "state", "control"],
  ["daemon"],
  ["cli", "index", "page"],
];

interface Import {
  readonly from: string;
  readonly to: string;
  /** Nothing of it is left when the program runs. */
  readonly isType: boolean;
}

/** Paths below the root of all sources in `folder`. */
function sources(folder: string, ending: RegExp): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => ending.test(file) && !file.includes("node_modules"))
    .map((file) => join(folder, file));
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** The code without comments, so that what is only talked about does not count. */
function code(file: string): string {
  return read(file)
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/(^|\s)\/\/.*$/gm, "");
}

function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const statement =
    /\b(?:import|export)\s+(type\s+)?([^;"']*?\bfrom\s*)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;
  for (const [, type, names, plain, dynamic] of code(file).matchAll(statement)) {
    const to = (plain ?? dynamic)!;
    if (!to.startsWith(".")) continue;
    const inner = /\{([^}]*)\}/.exec(names ?? "")?.[1];
    const allTypes =
      inner?.split(",").every((name) => name.trim() === "" || /^type\s/.test(name.trim())) ?? false;
    const target = relative(ROOT, join(ROOT, dirname(file), to)).replace(/\.js$/, ".ts");
    found.push({ from: file, to: target, isType: type !== undefined || allTypes });
  }
  return found;
}

/** "src/switch/port.ts" is of "switch", "src/clock.ts" of "clock". */
function areaOf(file: string): string {
  return file.split("/")[1]!.replace(/\.ts$/, "");
}

const layerOf = (area: string): number => LAYERS.findIndex((layer) => layer.includes(area));
const files = sources("src", /\.ts$/);
const imports = files.flatMap(importsOf);

function offenders(areas: (area: string) => boolean, pattern: RegExp): string[] {
  return files
    .filter((file) => areas(areaOf(file)))
    .flatMap((file) => [...code(file).matchAll(pattern)].map(([found]) => `${file}: ${found.trim()}`));
}

describe("imports", () => {
  test("are found at all", () => {
    assert.ok(files.length > 40 && imports.length > 100, `${files.length} files, ${imports.length} imports`);
    for (const { from, to } of imports) assert.ok(existsSync(join(ROOT, to)), `${from} imports ${to}`);
  });

  test("come from areas that have a place in the order", () => {
    for (const file of files) assert.ok(layerOf(areaOf(file)) >= 0, `${file} has no place in the order`);
  });

  test("point down the order only", () => {
    const upward = imports.filter(({ from, to }) => layerOf(areaOf(to)) > layerOf(areaOf(from)));
    assert.deepEqual(upward, []);
  });

  test("of neighbours in the order point one way only", () => {
    const between = new Set<string>();
    for (const { from, to } of imports) {
      if (areaOf(from) !== areaOf(to)) between.add(`${areaOf(from)} > ${areaOf(to)}`);
    }
    const mutual = [...between].filter((pair) => between.has(pair.split(" > ").reverse().join(" > ")));
    assert.deepEqual(mutual, []);
  });

  test("of the switch from links are types only: it runs with no link at all", () => {
    const real = imports.filter(
      ({ from, to, isType }) => areaOf(from) === "switch" && areaOf(to) === "link" && !isType,
    );
    assert.deepEqual(real, []);
  });

  test("of the page from the program are types only: it runs in a browser", () => {
    const others = imports.filter(({ from, to }) => areaOf(from) === "page" && areaOf(to) !== "page");
    assert.deepEqual(
      others.filter(({ isType }) => !isType),
      [],
    );
  });

  test("make no circle", () => {
    const graph = new Map<string, string[]>();
    for (const { from, to } of imports) graph.set(from, [...(graph.get(from) ?? []), to]);
    assert.deepEqual(circleIn(graph), []);
  });

  test("of the pure areas reach nothing outside the program", () => {
    const pure = (area: string): boolean => ["errors", "clock", "frame", "switch"].includes(area);
    const external = /from\s+["'](?!\.|lru-cache|node:crypto)[^"']+["']/g;
    assert.deepEqual(offenders(pure, external), []);
  });
});

/** The files of one circle, or none. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const next of graph.get(file) ?? []) {
      const circle = walk(next, [...path, file]);
      if (circle.length > 0) return circle;
    }
    done.add(file);
    return [];
  };
  for (const file of graph.keys()) {
    const circle = walk(file, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

describe("only", () => {
  test("the command line prints or ends the process", () => {
    // The group of a program that it has started (a negative number) is another matter.
    const prints = /\bconsole\.|\bprocess\.(stdout|stderr|exit|exitCode|abort|kill(?!\(-))\b/g;
    assert.deepEqual(
      offenders((area) => area !== "cli", prints),
      [],
    );
  });

  test("src/native loads the addon", () => {
    const loads = /\bcreateRequire\b|\bdlopen\b|\.node["'`]/g;
    assert.deepEqual(
      offenders((area) => area !== "native", loads),
      [],
    );
  });

  test("package-file.ts finds files beside its module: bundled, a module is elsewhere", () => {
    assert.deepEqual(
      offenders((area) => area !== "package-file", /(?<!createRequire\()\bimport\.meta\b/g),
      [],
    );
  });

  test("the clock and the composition root read the time", () => {
    const reads = /\bDate\.now\(|\bperformance\.now\(|\bhrtime\b/g;
    assert.deepEqual(
      offenders((area) => !["clock", "daemon", "cli", "page"].includes(area), reads),
      [],
    );
  });

  test("src/index.ts gathers what others export, and every export has a name", () => {
    assert.deepEqual(
      offenders((area) => area !== "index", /\bexport\s+\*|\bexport default\b/g),
      [],
    );
  });
});

test("no file is longer than a reader can take in", () => {
  const all = [
    ...sources("src", /\.(ts|c|h|js)$/),
    ...sources("test", /\.ts$/),
    ...sources("examples", /\.ts$/),
    ...sources("bin", /\.js$/),
  ];
  const long = all.map((file) => `${file}: ${read(file).split("\n").length - 1}`);
  assert.deepEqual(
    long.filter((line) => Number(line.split(": ")[1]) > MAX_LINES),
    [],
  );
});

test("the top level holds only what the design names", () => {
  const allowed = new Set([
    ...["package.json", "package-lock.json", "tsconfig.json", "README.md", "LICENSE", "CHANGELOG.md"],
    ...["src", "bin", "test", "examples", "dist", "node_modules"],
  ]);
  const others = readdirSync(ROOT).filter((name) => !name.startsWith(".") && !allowed.has(name));
  assert.deepEqual(others, []);
});
