/** The units as systemd itself reads them. It exits with 0 on a key that it does not know: what counts is its silence. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ExitStatus } from "../../src/cli/exit-status.js";
import { temporaryFolder } from "../support/server.js";

const FOLDER = fileURLToPath(new URL("../../../examples/systemd/", import.meta.url));
const SERVE = "tapswitch-serve.service";
const SOCKET = "tapswitch-serve.socket";
const JOIN = "tapswitch-join@.service";
const isInstalled = spawnSync("systemd-analyze", ["--version"]).status === 0;
const skip = isInstalled || process.env["CI"] ? false : "systemd-analyze is not installed";

function analyze(...args: string[]) {
  const { status, stdout, stderr } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
  return { status, stdout, stderr };
}

test("systemd finds nothing to say about the units, nor about an instance of the template", { skip }, (t) => {
  const folder = temporaryFolder(t);
  for (const unit of [SERVE, SOCKET, JOIN]) copyFileSync(join(FOLDER, unit), join(folder, unit));
  copyFileSync(join(FOLDER, JOIN), join(folder, "tapswitch-join@lan.service"));
  const units = [SERVE, SOCKET, JOIN, "tapswitch-join@lan.service"].map((unit) => join(folder, unit));
  assert.deepEqual(analyze("verify", "--man=no", ...units), { status: 0, stdout: "", stderr: "" });
});

test("systemd calls the exposure of the units low", { skip }, () => {
  for (const [unit, most] of [
    [SERVE, 1.5],
    [JOIN, 3.5],
  ] as const) {
    const { stdout } = analyze("security", "--offline=true", join(FOLDER, unit));
    const exposure = Number(/exposure level for .*: ([\d.]+)/.exec(stdout)?.[1]);
    assert.ok(exposure <= most, `${unit}: ${exposure}`);
  }
});

test("the units do not start again after what no new start heals", () => {
  const prevented = (unit: string): number[] =>
    /^RestartPreventExitStatus=(.*)$/m
      .exec(readFileSync(join(FOLDER, unit), "utf8"))![1]!
      .split(" ")
      .map(Number);
  const { usage, environment, refused, untrusted } = ExitStatus;
  assert.deepEqual(prevented(SERVE), [usage, environment]);
  assert.deepEqual(prevented(JOIN), [usage, environment, refused, untrusted]);
});
