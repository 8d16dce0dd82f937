/** `tapswitch demo` as a user starts it: what it shows, and that nothing is left of it, however it ends. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Child, missing } from "../../src/cli/demo/lab.js";
import { until } from "../support/kernel-network.js";

const PROGRAM = fileURLToPath(new URL("../../../bin/tapswitch.js", import.meta.url));
const LIMIT_MS = 60_000;
const lacking = missing().join(" ");
const options = { skip: lacking !== "" && !process.env["CI"] ? lacking : false, timeout: 2 * LIMIT_MS };

/** The network namespaces of a demo, whose names hold its process id. */
function namespaces(demo: Child): string[] {
  if (!existsSync("/run/netns")) return [];
  return readdirSync("/run/netns").filter((name) => name.startsWith(`ts${demo.pid}.`));
}

/** The processes inside those namespaces. */
async function processes(demo: Child): Promise<number[]> {
  const listings = namespaces(demo).map(async (name) => {
    const listing = new Child(["ip", "netns", "pids", name]);
    await listing.exit;
    return listing.stdout.trim().split("\n").filter(Boolean).map(Number);
  });
  return (await Promise.all(listings)).flat();
}

/** Starts a demo whose remains are removed after the test if it leaves any. */
function start(t: { after(clean: () => void): void }): Child {
  const demo = new Child([process.execPath, PROGRAM, "demo"]);
  t.after(async () => {
    demo.kill();
    await demo.exit;
    for (const name of namespaces(demo)) await new Child(["ip", "netns", "delete", name]).exit;
  });
  return demo;
}

test("demo shows the main job, ends with status 0 and leaves nothing", options, async (t) => {
  const demo = start(t);
  assert.deepEqual(await demo.exit, { status: 0, signal: null }, demo.output);
  assert.match(demo.output, /ping .* 20 of 20 answered, 0 % loss/);
  assert.match(demo.output, /transfer .* 100 MB in [\d.]+ s = [\d.]+ Gbit\/s, SHA-256 equal/);
  assert.equal(demo.output.match(/mac +([0-9a-f]{2}:){5}[0-9a-f]{2} behind port/g)?.length, 2);
  assert.equal(demo.stderr, "");
  assert.deepEqual(namespaces(demo), []);
});

for (const [when, marker] of [
  ["while it builds", /hosts /],
  ["while it pings", /on b /],
  ["while it transfers", /ping /],
] as const) {
  test(`demo leaves nothing after Ctrl-C ${when}`, options, async (t) => {
    const demo = start(t);
    await demo.waitFor(marker, LIMIT_MS);
    const inside = await processes(demo);
    demo.signal("SIGINT");
    assert.deepEqual(await demo.exit, { status: 130, signal: null }, demo.output);
    assert.match(demo.output, /removed +aborted: all processes and namespaces/);
    assert.deepEqual(namespaces(demo), []);
    await until(() => inside.every((pid) => !existsSync(`/proc/${pid}`)), "the demo's processes to end");
  });
}
