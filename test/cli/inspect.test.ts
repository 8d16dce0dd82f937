/** The commands that look into a process, as processes, against one that answers what the test wants. */
import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { Api } from "../../src/control/api.js";
import type { EventView, FdbEntry } from "../../src/control/inspect-api.js";
import { eventually } from "../support/clock.js";
import { temporaryFolder } from "../support/server.js";
import { portView, statusView, wireView } from "../support/views.js";
import { BIN, Running, start, startPowerless } from "./command.js";
import { inspected } from "./inspected.js";

const entry: FdbEntry = {
  network: "default",
  mac: "02:00:00:00:00:07",
  vlan: 10,
  port: 1,
  portName: "web",
  ageMs: 3_000,
  static: false,
};
const event: EventView = { seq: 1, at: "2026-01-01T10:00:00.000Z", type: "port-up", message: "web is there" };

/** Runs a command against a process that answers `calls`, to its end. */
async function ask(t: TestContext, calls: Api["calls"], args: readonly string[]): Promise<Running> {
  const { path } = await inspected(t, calls);
  const running = start(t, [...args, "--control", path]);
  await running.end();
  return running;
}

describe("a command prints", { concurrency: 4 }, () => {
  test("a table for people, and all that there is as JSON", async (t) => {
    const calls = { fdb: () => [entry] };
    const table = await ask(t, calls, ["fdb"]);
    assert.equal(
      table.stdout,
      "NETWORK  MAC                VLAN  PORT  NAME  SEEN\ndefault  02:00:00:00:00:07    10     1  web     3s\n",
    );
    const json = await ask(t, calls, ["fdb", "--json"]);
    assert.deepEqual(JSON.parse(json.stdout), [entry]);
    assert.equal(table.ended, 0);
  });

  test("only what was asked for", async (t) => {
    const asked: unknown[] = [];
    const note =
      <Answer>(answer: Answer) =>
      (input: unknown) => {
        asked.push(JSON.parse(JSON.stringify(input)));
        return answer;
      };
    const calls = {
      fdb: note([]),
      ports: note([portView()]),
      addStatic: note({ ...entry, static: true }),
      removeStatic: note(entry),
      flush: note({ forgotten: 7 }),
      kick: note({ kicked: [{ network: "blue", id: 1, name: "web", peer: "tap0" }] }),
      attach: note(wireView({ state: "waiting", lastError: "no such file" })),
      detach: note(wireView()),
      setLogLevel: note({}),
      reload: note({ applied: ["network.blue.mtu"], restart: ["max-ports"] }),
    };
    const said: string[] = [];
    for (const args of [
      ["fdb", "-n", "blue", "-p", "web", "--vlan", "10", "--mac", entry.mac],
      ["ports", "--network", "blue", "--json"],
      ["fdb", "add", entry.mac, "web", "--vlan", "10"],
      ["fdb", "del", entry.mac],
      ["fdb", "flush", "--port", "web"],
      ["kick", "web", "--reason", "tea time"],
      ["attach", "unix:///run/vm1.sock?vlan=10"],
      ["detach", "vm1", "-n", "blue"],
      ["log-level", "debug"],
      ["reload"],
    ])
      said.push((await ask(t, calls, args)).stdout);
    assert.deepEqual(asked, [
      { network: "blue", port: "web", vlan: 10, mac: entry.mac },
      { network: "blue" },
      { mac: entry.mac, vlan: 10, port: "web" },
      { mac: entry.mac, vlan: 0 },
      { port: "web" },
      { port: "web", reason: "tea time" },
      { url: "unix:///run/vm1.sock?vlan=10" },
      { wire: "vm1", network: "blue" },
      { level: "debug" },
      {},
    ]);
    assert.deepEqual(said.slice(2), [
      "02:00:00:00:00:07 (VLAN 10) behind web in default stays there\n",
      "02:00:00:00:00:07 (VLAN 10) behind web in default stays there no more\n",
      "forgot 7 addresses\n",
      "ended web (port 1 in blue, tap0)\n",
      "port 2 (vm1) in default waits for unix:///run/vm1.sock: no such file; it is tried again\n",
      "detached unix:///run/vm1.sock (port vm1 in default)\n",
      "debug\n",
      "applied network.blue.mtu\nneeds a restart: max-ports\n",
    ]);
  });

  test("the wires, as a table and as JSON", async (t) => {
    const calls = { wires: () => [wireView({ state: "waiting", failures: 3, lastError: "no such file" })] };
    const { stdout } = await ask(t, calls, ["wires"]);
    assert.match(
      stdout,
      /^WIRE .* LAST ERROR\nunix:\/\/\/run\/vm1\.sock +waiting .*2 vm1.* 3 +no such file\n$/,
    );
    assert.deepEqual(JSON.parse((await ask(t, calls, ["wires", "--json"])).stdout), calls.wires());
  });

  test("the level at hand where none is given", async (t) => {
    const running = await ask(t, { status: () => statusView({ logLevel: "warn" }) }, ["log-level"]);
    assert.equal(running.stdout, "warn\n");
  });

  test("again and again with --watch, until a signal ends it with 0", async (t) => {
    let asked = 0;
    const { path } = await inspected(t, { ports: () => [portView(1, { bytesIn: 1_000 * asked++ })] });
    const running = start(t, ["ports", "--watch", "0.1", "--control", path]);
    await eventually(() => asked >= 3, "the third look");
    running.child.kill("SIGINT");
    assert.equal(await running.end(), 0);
    const tables = running.stdout.split("\n\n");
    assert.match(tables[0]!, /port-1 +up .* +- +- +0B/);
    assert.match(tables[1]!, /port-1 +up .*bit\/s +0 +1\.00KB/);
  });

  test("a line of JSON for each look with --watch --json", async (t) => {
    const { path } = await inspected(t, { ports: () => [portView()] });
    const running = start(t, ["ports", "--watch", "0.1", "--json", "--control", path]);
    await eventually(() => running.stdout.split("\n").length > 3, "three lines");
    running.child.kill("SIGTERM");
    assert.equal(await running.end(), 0);
    for (const line of running.stdout.trimEnd().split("\n")) assert.deepEqual(JSON.parse(line), [portView()]);
  });

  test("the schema of its JSON, whatever else it would need to know", async (t) => {
    for (const args of [
      ["status"],
      ["status", "--config"],
      ["ports"],
      ["fdb"],
      ["fdb", "add"],
      ["kick"],
      ["wires"],
    ]) {
      const running = start(t, [...args, "--json-schema"]);
      assert.equal(await running.end(), 0, running.stderr);
      assert.equal(JSON.parse(running.stdout).$schema, "https://json-schema.org/draft/2020-12/schema");
    }
  });
});

describe("events", { concurrency: 4 }, () => {
  const stream: Api["streams"]["events"] = (query, sink) => {
    sink.write(`${JSON.stringify({ ...event, message: JSON.stringify(query) })}\n`);
    if (!query.follow) sink.end();
  };

  test("are the last 20 that are known, and that is all", async (t) => {
    const { path } = await inspected(t, {}, { events: stream });
    const running = start(t, ["events", "--control", path]);
    assert.equal(await running.end(), 0);
    assert.match(running.stdout, /^\S+ \S+ {2}port-up {11}\{"last":20,"follow":false\}\n$/);
  });

  test("go on with --follow, as lines of JSON with --json, until a signal ends it with 0", async (t) => {
    const { path } = await inspected(t, {}, { events: stream });
    const types = ["--type", "port-up,port-down", "--type", "drops"];
    const running = start(t, ["events", "-f", "-n", "3", ...types, "--json", "--control", path]);
    await eventually(() => running.stdout !== "", "the first");
    assert.deepEqual(JSON.parse(JSON.parse(running.stdout).message), {
      type: ["port-up", "port-down", "drops"],
      last: 3,
      follow: true,
    });
    running.child.kill("SIGINT");
    assert.equal(await running.end(), 0);
  });

  test("that are followed end with 1 and a sentence when the process ends", async (t) => {
    const { path, close } = await inspected(t, {}, { events: stream });
    const running = start(t, ["events", "-f", "--control", path]);
    await eventually(() => running.stdout !== "", "the first");
    close();
    assert.equal(await running.end(), 1);
    assert.match(running.stderr, /^tapswitch: [^\n]*(ended|gone)[^\n]*\n$/);
  });
});

describe("what goes wrong is one sentence", { concurrency: 4 }, () => {
  const wrong: [string[], number, RegExp][] = [
    [["status", "--control", "/nowhere/control.sock"], 1, /nothing runs behind '\/nowhere.*start 'tapswitch/],
    [["ports", "--watch", "soon"], 2, /--watch 'soon': a number of seconds/],
    [["fdb", "--vlan", "5000"], 2, /--vlan '5000'/],
    [["fdb", "flsh"], 2, /unknown command 'flsh'.*Did you mean flush\?/],
    [["fdb", "add"], 2, /missing required argument 'mac'/],
    [["fdb", "add", "zz", "web"], 2, /--mac 'zz': six hex octets/],
    [["events", "--type", "port-upp"], 2, /--type\[0\] 'port-upp'/],
    [["events", "-n", "many"], 2, /--lines 'many': a whole number/],
    [["log-level", "loud"], 2, /'loud' is invalid/],
    [["kick", "web", "--netwrok", "x"], 2, /unknown option '--netwrok'.*Did you mean --network\?/],
    [["prots"], 2, /unknown command 'prots'.*Did you mean ports\?/],
    [["top"], 2, /top needs a terminal/],
  ];
  for (const [args, status, expected] of wrong) {
    test(`tapswitch ${args.join(" ")}`, async (t) => {
      const { path } = await inspected(t, {});
      const running = start(t, args.includes("--control") ? args : [...args, "--control", path]);
      assert.equal(await running.end(), status, running.stderr);
      assert.match(running.stderr, expected);
      assert.match(running.stderr, /^tapswitch: [^\n]*\n$/, "one line");
      assert.equal(running.stdout, "");
    });
  }

  test("of the process that was asked", async (t) => {
    const { path } = await inspected(t, {});
    const running = start(t, ["kick", "web", "--control", path]);
    assert.equal(await running.end(), 1);
    assert.equal(running.stderr, "tapswitch: this process answers no 'kick'\n");
  });

  test("where the socket is not ours", async (t) => {
    const folder = temporaryFolder(t);
    chmodSync(folder, 0o755);
    const { path } = await inspected(t, {});
    chmodSync(join(path, ".."), 0o755);
    chmodSync(path, 0o000);
    const running = startPowerless(t, ["status", "--control", path]);
    assert.equal(await running.end(), 3);
    assert.match(running.stderr, /^tapswitch: cannot ask [^\n]*\(EACCES\): run as its owner[^\n]*\n$/);
  });

  test("where the process goes away in the middle of --watch", async (t) => {
    const { path, close } = await inspected(t, { ports: () => [portView()] });
    const running = start(t, ["ports", "--watch", "0.1", "--control", path]);
    await eventually(() => running.stdout.includes("port-1"), "the first look");
    close();
    assert.equal(await running.end(), 1);
    assert.match(running.stderr, /^tapswitch: [^\n]*\n$/);
  });
});

test("a reader that has gone ends a command with 0, and one that watches too", async (t) => {
  const many = Array.from({ length: 20_000 }, (_, at) => ({ ...entry, port: at }));
  const { path } = await inspected(t, { fdb: () => many });
  for (const more of ["", "--watch 0.1", "--watch 0.1 --json"]) {
    const script = `set -o pipefail; "$0" "$1" fdb ${more} --control "$2" | head -1`;
    const running = new Running("bash", ["-c", script, process.execPath, BIN, path]);
    t.after(() => running.child.kill("SIGKILL"));
    assert.equal(await running.end(), 0, more);
    assert.equal(running.stderr, "");
  }
});
