/** The package as another program imports it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import * as tapswitch from "tapswitch";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

test("exports what it takes to embed a switch, its links and both daemons", () => {
  const classes = [
    "Switch",
    "MemoryLink",
    "StreamLink",
    "TapLink",
    "TapDevice",
    "Server",
    "Joiner",
    "Listener",
  ];
  const functions = [
    "dial",
    "openSession",
    "parseEndpoint",
    "parseServeConfig",
    "parseJoinConfig",
    "createLog",
    "connectControl",
    "readLines",
  ];
  const exported = tapswitch as unknown as Record<string, unknown>;
  for (const name of [...classes, ...functions, "TapswitchError"])
    assert.equal(typeof exported[name], "function", name);
});

test("joins its own switch from a switch of another making", async (t) => {
  const clock = tapswitch.monotonicClock;
  const log = tapswitch.createLog({ level: "silent", json: false, write: () => undefined });
  const server = new tapswitch.Server(tapswitch.parseServeConfig({ listen: ["tcp://127.0.0.1:0"] }), log);
  await server.start();
  t.after(() => server.stop());
  const own = new tapswitch.Switch({ name: "own", clock });
  const endpoint = tapswitch.parseEndpoint(server.bound[0]!);
  const link = await tapswitch.dial(endpoint, {
    check: () => undefined,
    signal: new AbortController().signal,
  });
  const hello = { instance: "0123456789abcdef", name: "embedded", capabilities: { offload: [] } };
  const { session, welcome } = await tapswitch.openSession(link, hello, clock);
  own.attach(session, { name: "uplink" });
  assert.equal(welcome.name, "embedded");
  assert.equal(server.snapshot().networks[0]!.ports[0]!.name, "embedded");
  session.close();
});

test("does nothing by being imported: no addon, no output, no open handle", () => {
  const script = `
    const tapswitch = await import("tapswitch");
    const { readFileSync } = await import("node:fs");
    if (readFileSync("/proc/self/maps", "utf8").includes("tapswitch.node")) console.log("addon loaded");
    new tapswitch.Switch({ name: "x", clock: tapswitch.monotonicClock });`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: ROOT,
    encoding: "utf8",
    timeout: 20_000,
  });
  assert.equal(stderr, "");
  assert.equal(stdout, "");
  assert.equal(status, 0);
});
