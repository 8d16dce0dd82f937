/** Which of the two forms of the program is started, on a package of two lines. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../../bin", import.meta.url));
const NOBODY = ["status", "--control", "/nonexistent", "--debug"];
const EARLY = new Date(2_000);
const LATE = new Date(3_000);

describe("what bin/tapswitch.js starts", () => {
  test("is the bundle, in a package that never was a checkout", (t) => {
    assert.equal(started(t, { bundle: EARLY }), "bundle");
  });

  test("is the bundle, where it was made after the last compilation", (t) => {
    assert.equal(started(t, { bundle: LATE, compiled: EARLY }), "bundle");
  });

  test("are the modules, where they were compiled after it", (t) => {
    assert.equal(started(t, { bundle: EARLY, compiled: LATE }), "modules");
  });

  test("are the modules, where nothing was bundled", (t) => {
    assert.equal(started(t, { compiled: EARLY }), "modules");
  });
});

test("--debug names the line of the source, also out of the bundle", () => {
  const { stderr } = spawnSync(process.execPath, [join(BIN, "tapswitch.js"), ...NOBODY], {
    encoding: "utf8",
  });
  assert.match(stderr, /\n\s+at .*src\/cli\/[\w/-]+\.ts:\d+/);
});

interface Written {
  readonly bundle?: Date;
  readonly compiled?: Date;
}

function started(t: TestContext, { bundle, compiled }: Written): string {
  const root = mkdtempSync(join(tmpdir(), "tapswitch-bin-"));
  t.after(() => rmSync(root, { recursive: true }));
  const put = (path: string, text: string, at: Date): void => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
    utimesSync(join(root, path), at, at);
  };
  const main = (name: string): string => `export const main = () => console.log("${name}");`;
  cpSync(BIN, join(root, "bin"), { recursive: true });
  put("package.json", '{ "type": "module" }', EARLY);
  put("dist/src/cli/main.js", main("modules"), LATE);
  if (bundle !== undefined) put("dist/bundle/main.js", main("bundle"), bundle);
  if (compiled !== undefined) put("dist/.tsbuildinfo", "", compiled);
  return spawnSync(process.execPath, [join(root, "bin/tapswitch.js")], { encoding: "utf8" }).stdout.trim();
}
