import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runHook } from "../../../src/daemon/device/hooks.js";
import { recordedLog, temporaryFolder } from "../../support/server.js";

const FACTS = {
  DEVICE: "tap7",
  MAC: "02:00:00:00:00:07",
  MTU: "1500",
  NETWORK: "blue",
  SERVER: "tcp://127.0.0.1:9621/blue",
};

test("a hook finds all facts in its environment, beside what was there", async (t) => {
  const out = join(temporaryFolder(t), "out");
  const { log, lines } = recordedLog();
  process.env["HOOK_TEST"] = "inherited";
  await runHook(`env > ${out}`, "up", FACTS, log);
  delete process.env["HOOK_TEST"];
  const found = new Map(
    readFileSync(out, "utf8")
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  for (const [key, value] of Object.entries(FACTS)) assert.equal(found.get(`TAPSWITCH_${key}`), value);
  assert.equal(found.get("TAPSWITCH_EVENT"), "up");
  assert.equal(found.get("HOOK_TEST"), "inherited");
  assert.deepEqual(lines, []);
});

test("is run to its end", async (t) => {
  const out = join(temporaryFolder(t), "out");
  await runHook(`sleep 0.2; touch ${out}`, "down", FACTS, recordedLog().log);
  assert.ok(existsSync(out));
});

test("one that fails is logged with its status, and stops nothing", async () => {
  const { log, lines } = recordedLog();
  await runHook("exit 7", "up", FACTS, log);
  assert.equal(lines.length, 1);
  assert.match(lines[0]!.msg, /--up failed/);
  assert.deepEqual([lines[0]!["command"], lines[0]!["status"]], ["exit 7", 7]);
});

test("one that is killed is logged with the signal", async () => {
  const { log, lines } = recordedLog();
  await runHook("kill -KILL $$", "down", FACTS, log);
  assert.match(lines[0]!.msg, /--down failed/);
  assert.equal(lines[0]!["signal"], "SIGKILL");
});

test("one that cannot be found is logged", async () => {
  const { log, lines } = recordedLog();
  await runHook("/no/such/command 2>/dev/null", "up", FACTS, log);
  assert.equal(lines[0]!["status"], 127);
});
