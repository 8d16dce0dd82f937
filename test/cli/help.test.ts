/** The command line as a process: what it prints, and what it ends with. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import { BIN, ROOT, Running, start } from "./command.js";

describe("help", { concurrency: 4 }, () => {
  test("--version is that of the package", async (t) => {
    const running = start(t, ["--version"]);
    assert.equal(await running.end(), 0);
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    assert.equal(running.stdout, `${version}\n`);
  });

  test("--help lists the commands and the exit statuses", async (t) => {
    const running = start(t, ["--help"]);
    assert.equal(await running.end(), 0);
    for (const command of ["serve", "join", "doctor", "demo"])
      assert.match(running.stdout, new RegExp(`^ {2}${command} `, "m"));
    for (let status = 0; status <= 5; status++)
      assert.match(running.stdout, new RegExp(`^ {2}${status} {2}\\S`, "m"));
    assert.equal(running.stderr, "");
  });

  test("without a command it is shown, as an error", async (t) => {
    const running = start(t, []);
    assert.equal(await running.end(), 2);
    assert.match(running.stderr, /^Usage: tapswitch/);
  });

  const flags: Record<string, string[]> = {
    serve: [
      ...["--listen", "--attach", "--network", "--mtu", "--max-ports", "--mac-limit", "--age", "--keepalive"],
      ...[
        "--forward-reserved",
        "--insecure",
        "--state",
        "--control",
        "--log-level",
        "--log-format",
        "--debug",
      ],
    ],
    join: [
      ...["--listen", "--attach", "--no-tap", "--max-ports", "--insecure"],
      ...[
        "--dev",
        "--ip",
        "--mtu",
        "--mac",
        "--bridge",
        "--name",
        "--up",
        "--down",
        "--persist",
        "--carrier-hold",
      ],
      ...[
        "--no-offload",
        "--no-test-responder",
        "--state",
        "--control",
        "--log-level",
        "--log-format",
        "--debug",
      ],
    ],
    status: ["--config", "--watch", "--control", "--json", "--json-schema"],
    ports: ["--network", "--watch", "--control", "--json", "--json-schema"],
    fdb: ["--network", "--port", "--vlan", "--mac", "--watch", "--control", "--json", "--json-schema"],
    events: ["--follow", "--lines", "--network", "--type", "--control", "--json", "--json-schema"],
    wires: ["--control", "--json", "--json-schema"],
    attach: ["--control", "--json", "--json-schema"],
    detach: ["--network", "--control", "--json", "--json-schema"],
    kick: ["--network", "--reason", "--control", "--json", "--json-schema"],
    top: ["--interval", "--network", "--sort", "--control"],
    demo: [],
  };
  for (const [command, named] of Object.entries(flags)) {
    test(`${command} --help names every flag, with examples`, async (t) => {
      const running = start(t, [command, "--help"]);
      assert.equal(await running.end(), 0);
      for (const flag of named) assert.match(running.stdout, new RegExp(`${flag}\\b`));
      if (named.length > 0) assert.match(running.stdout, /Examples:\n {2}tapswitch /);
      for (const line of running.stdout.split("\n")) assert.ok(line.length <= 110, line);
    });
  }

  test("a reader that has gone is no error", async (t) => {
    const script = `exec "$0" "$1" --help | true`;
    const running = new Running("bash", [
      "-c",
      `set -o pipefail; ${script.replace("exec ", "")}`,
      process.execPath,
      BIN,
    ]);
    t.after(() => running.child.kill("SIGKILL"));
    assert.equal(await running.end(), 0);
    assert.equal(running.stderr, "");
  });
});
