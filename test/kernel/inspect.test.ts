/**
 * Each command that looks into a process, on a live server and a live join with traffic between two hosts: what it
 * tells people, and its JSON against the schema that it publishes.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as pathOf } from "node:path";
import type { TestContext } from "node:test";
import type { Child, Lab, Outcome } from "../../src/cli/demo/lab.js";
import type {
  EventView,
  FdbEntry,
  PortView,
  ReloadReport,
  StatusView,
} from "../../src/control/inspect-api.js";
import { violations } from "../support/json-schema.js";
import { kernelTest } from "../support/kernel.js";
import {
  join,
  overlay,
  ping,
  SERVER_URL,
  serve,
  transfer,
  underlay,
  until,
} from "../support/kernel-network.js";

const PROGRAM = new URL("../../../bin/tapswitch.js", import.meta.url).pathname;

/** Asks one process by commands, and holds every JSON against the schema. */
class Asker {
  readonly #lab: Lab;
  readonly #control: string;

  constructor(lab: Lab, control: string) {
    this.#lab = lab;
    this.#control = control;
  }

  /** What it prints; fails unless it ends with 0. */
  async text(...args: string[]): Promise<string> {
    return (await this.run(args, { check: true })).stdout;
  }

  /** What `--json` prints, which must be as `--json-schema` says. */
  async json<Value>(...args: string[]): Promise<Value> {
    const [printed, schema] = await Promise.all([
      this.text(...args, "--json"),
      this.text(...args, "--json-schema"),
    ]);
    const value = JSON.parse(printed) as Value;
    assert.deepEqual(violations(JSON.parse(schema), value), [], args.join(" "));
    return value;
  }

  /** Starts a command that does not end by itself. */
  start(...args: string[]): Child {
    return this.#lab.spawn("s", [process.execPath, PROGRAM, ...args, "--control", this.#control]);
  }

  run(args: readonly string[], options = {}): Promise<Outcome> {
    const argv = [process.execPath, PROGRAM, ...args, "--control", this.#control];
    return this.#lab.run("s", argv, options);
  }
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(pathOf(tmpdir(), "tapswitch-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server with two networks, and hosts a and b in one of them. The server and the join of a can be asked. */
async function inspectable(lab: Lab, t: TestContext) {
  const folder = folderOf(t);
  const control = (name: string): string => pathOf(folder, `${name}.sock`);
  await underlay(lab, ["a", "b"]);
  const server = await serve(lab, "--network", "default", "--network", "blue", "--control", control("s"));
  for (const host of ["a", "b"]) await join(lab, host, ["--control", control(host)]);
  await ping(lab, "a", overlay("b").v4);
  return { server, ask: new Asker(lab, control("s")), askJoin: new Asker(lab, control("a")) };
}

kernelTest("status, ports and fdb say what is there, to people and as JSON", async (lab, t) => {
  const { ask, askJoin } = await inspectable(lab, t);
  await transfer(lab, { from: "a", to: "b", address: overlay("a").v4, bytes: 5_000_000 });

  const status = await ask.json<StatusView>("status");
  assert.deepEqual(
    status.networks.map(({ name, ports }) => [name, ports]),
    [
      ["default", 2],
      ["blue", 0],
    ],
  );
  assert.ok(status.networks[0]!.bytesIn > 5_000_000);
  const said = await ask.text("status");
  assert.match(
    said,
    /^serve \d+\.\d+\.\d+, process \d+, up \d+s, memory [\d.]+MB, processor \d+%, log level info\n/,
  );
  assert.match(said, /^exposed: tcp:\/\/10\.9\.0\.1:9621 lets in anyone/m);
  assert.match(said, /^default +2 +2 +\S+ +\S+ +[\d.]+MB +[\d.]+MB +\d+$/m);

  const ports = await ask.json<PortView[]>("ports", "--network", "default");
  assert.deepEqual(ports.map(({ name, up }) => [name, up]).sort(), [
    ["a", true],
    ["b", true],
  ]);
  assert.match(
    await ask.text("ports"),
    /^default +\d+ +a +up +\d+s +1 +\S+ +\S+ +[\d.]+MB +[\d.]+KB .* tcp +10\.9\.0\.2:\d+/m,
  );
  assert.deepEqual(await ask.json<PortView[]>("ports", "--network", "blue"), []);

  const entries = await ask.json<FdbEntry[]>("fdb");
  assert.deepEqual(entries.map(({ portName }) => portName).sort(), ["a", "b"]);
  assert.match(await ask.text("fdb", "--port", "a"), /^NETWORK .*\ndefault +\S{17} +- +\d+ +a +\d+s\n$/);

  const joined = await askJoin.json<StatusView>("status");
  assert.deepEqual([joined.role, joined.uplinks[0]!.state], ["join", "up"]);
  await askJoin.json<PortView[]>("ports");
  await askJoin.json<FdbEntry[]>("fdb");
  assert.match(
    await askJoin.text("status"),
    /^tcp:\/\/10\.9\.0\.1:9621\S* +up +\d+s +(-|[\d.]+ms) +0 +default +\d+ a /m,
  );
  assert.match(await askJoin.text("status"), /^tap0 +up +\S{17} +1500 +10\.10\.0\.1\/24/m);
});

kernelTest("what is changed by commands changes, and is told by events", async (lab, t) => {
  const { server, ask } = await inspectable(lab, t);
  const following = ask.start("events", "--follow", "--lines", "0", "--json");
  const MAC = "02:00:00:00:00:77";

  const added = await ask.json<FdbEntry>("fdb", "add", MAC, "b", "--network", "default");
  assert.deepEqual([added.mac, added.portName, added.static], [MAC, "b", true]);
  assert.match(await ask.text("fdb", "--mac", MAC), / static\n$/);
  assert.match(await ask.text("fdb", "flush", "--network", "default"), /^forgot \d+ addresses\n$/);
  assert.match(await ask.text("fdb", "--mac", MAC), / static\n$/, "a flush leaves static ones");
  await ask.json("fdb", "flush");
  await ask.json<FdbEntry>("fdb", "del", MAC, "--network", "default");
  assert.deepEqual(await ask.json<FdbEntry[]>("fdb", "--mac", MAC), []);

  const level = await ask.json<{ level: string }>("log-level");
  assert.equal(level.level, "info");
  assert.equal(await ask.text("log-level", "debug"), "debug\n");
  assert.equal((await ask.json<StatusView>("status")).logLevel, "debug");

  await ask.json<ReloadReport>("reload");

  const { kicked } = await ask.json<{ kicked: { name: string }[] }>("kick", "b", "--reason", "tea time");
  assert.deepEqual(
    kicked.map(({ name }) => name),
    ["b"],
  );
  await until(
    () => /"type":"port-up"[^\n]*"b"/.test(following.stdout),
    () => following.stdout,
  );
  await ping(lab, "a", overlay("b").v4);
  const schema = JSON.parse(await ask.text("events", "--json-schema"));
  const events = following.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as EventView);
  for (const event of events) assert.deepEqual(violations(schema, event), []);
  const types = new Set(events.map(({ type }) => type));
  for (const type of ["fdb-changed", "kicked", "port-down", "port-up"] as const)
    assert.ok(types.has(type), type);
  assert.match(
    await ask.text("events", "-n", "100", "--type", "port-up"),
    /^\S+ \S+ {2}port-up {11}default\/a: up: /m,
  );

  await server.stop();
  assert.equal((await following.exit).status, 1);
  assert.match(following.stderr, /^tapswitch: [^\n]+\n$/);
});

kernelTest("several processes are told apart, and that none runs is said in a sentence", async (lab, t) => {
  const env = { RUNTIME_DIRECTORY: folderOf(t) };
  await underlay(lab, ["a"]);
  const ask = (...args: string[]): Promise<Outcome> =>
    lab.run("s", [process.execPath, PROGRAM, ...args], { env });
  const none = await ask("ports");
  assert.equal(none.status, 1);
  assert.match(none.stderr, /^tapswitch: nothing runs here[^\n]*\n$/);
  const begin = async (host: string, ...args: string[]): Promise<void> => {
    const child = lab.spawn(host, [process.execPath, PROGRAM, ...args], { env });
    await child.waitFor(/listening|joined/);
  };
  await begin("s", "serve", "--listen", SERVER_URL, "--insecure");
  assert.equal((await ask("status")).status, 0, "without --control");
  await begin("a", "join", SERVER_URL);
  const several = await ask("status");
  assert.equal(several.status, 2);
  assert.match(
    several.stderr,
    /^tapswitch: several run here[^\n]*control\.sock[^\n]*join-tap0\.sock[^\n]*\n$/,
  );
});
