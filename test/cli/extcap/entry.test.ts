import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { install, isInstalled, scriptPath, uninstall } from "../../../src/cli/extcap/install.js";
import { temporaryFolder } from "../../support/server.js";

const ENTRY = fileURLToPath(new URL("../../../../bin/tapswitch-extcap.js", import.meta.url));

function ask(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [ENTRY, ...args], { encoding: "utf8" });
  return { status, lines: stdout.trim().split("\n"), stderr };
}

test("answers what Wireshark asks before a capture", () => {
  const version = ["--extcap-interfaces", "--extcap-version=4.0"];
  assert.match(ask(...version).lines[0]!, /^extcap \{version=1\.0\}\{help=/);
  const [kind] = ask("--extcap-interface", "tapswitch:default", "--extcap-dlts").lines;
  assert.equal(kind, "dlt {number=1}{name=EN10MB}{display=Ethernet}");
  const config = ask("--extcap-config", "--extcap-interface", "tapswitch:default").lines;
  assert.equal(config.length, 8);
  assert.ok(config.every((line) => /^(arg|value) (\{[^{}]+\})+$/.test(line)));
});

test("says what is wrong with a filter, and nothing where it is right", () => {
  const check = (filter: string) => ask("--extcap-interface", "x", "--extcap-capture-filter", filter).lines;
  assert.deepEqual(check("tcp port 80"), [""]);
  assert.match(check("tcp prot 80")[0]!, /^filter, column 5: expected/);
});

test("fails with a sentence where there is nothing to capture from", () => {
  const { status, stderr } = ask(
    "--capture",
    "--extcap-interface",
    "tapswitch:x@nowhere",
    "--fifo",
    "/dev/null",
  );
  assert.equal(status, 1);
  assert.equal(stderr, "tapswitch: there is no 'tapswitch:x@nowhere' to capture from any more\n");
});

test("loads neither the command line, nor packages, nor the addon", () => {
  const loaded = new Set<string>();
  const follow = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const [, to] of readFileSync(file, "utf8").matchAll(/^import .*?from "([^"]+)"/gms)) {
      if (to!.startsWith(".")) follow(fileURLToPath(new URL(to!, `file://${file}`)));
      else assert.match(to!, /^node:/, `${file} loads ${to}`);
    }
  };
  for (const form of ["bundle/extcap.js", "src/cli/extcap/entry.js"])
    follow(fileURLToPath(new URL(`../../../${form}`, import.meta.url)));
  assert.ok(loaded.size > 8 && loaded.size < 20, [...loaded].join("\n"));
});

test("is installed as a script that runs it, and taken away again, but not if it is another's", (t) => {
  const folder = join(temporaryFolder(t), "extcap");
  assert.equal(uninstall(folder), false);
  install(folder, ["/run/it's here/control.sock"]);
  assert.ok(isInstalled(folder));
  assert.equal(statSync(scriptPath(folder)).mode & 0o777, 0o755);
  const { status, stdout } = spawnSync(scriptPath(folder), ["--extcap-dlts"], { encoding: "utf8" });
  assert.ok(status === 0 && stdout.startsWith("dlt "));
  assert.ok(uninstall(folder) && !existsSync(scriptPath(folder)));
  writeFileSync(scriptPath(folder), "#!/bin/sh\n");
  assert.throws(() => install(folder, []), { code: "in-use" });
  assert.throws(() => uninstall(folder), { code: "in-use" });
});
