/** The command line as a process: what it prints, and what it ends with. */
import assert from "node:assert/strict";
import { chmodSync, chownSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { TestServer, temporaryFolder } from "../support/server.js";

import { NOBODY, start, startPowerless } from "./command.js";

describe("what is wrong is said in one line, without a stack trace", { concurrency: 4 }, () => {
  const wrong: [string[], number, RegExp][] = [
    [["serve", "--colour"], 2, /unknown option '--colour'.*--help/],
    [["serve", "--netwrk", "x"], 2, /unknown option '--netwrk'.*Did you mean --network\?/],
    [["srve"], 2, /unknown command 'srve'.*Did you mean serve\?/],
    [["fly"], 2, /unknown command 'fly'.*--help/],
    [["serve", "now"], 2, /too many arguments.*--help/],
    [["serve", "--listen"], 2, /'-l, --listen <url>' argument missing/],
    [["serve", "--mtu", "big"], 2, /--mtu 'big': a whole number from 68 to/],
    [["serve", "--log-level", "loud"], 2, /--log-level 'loud': one of trace, debug, info/],
    [["serve", "--forward-reserved", ""], 2, /--forward-reserved.*empty/],
    [["serve", "--forward-reserved", "lldp,stp"], 2, /--forward-reserved\[1\] 'stp'/],
    [
      ["serve", "-l", "ftp://127.0.0.1:1"],
      2,
      /--listen\[0\]: endpoint 'ftp:.*unknown kind 'ftp'; write it as in tls:/,
    ],
    [
      ["serve", "-l", "tcp://127.0.0.1:0?network=blue"],
      2,
      /names network 'blue': declare it with --network blue/,
    ],
    [["serve", "-l", "tcp://0.0.0.0:9621"], 2, /tcp:\/\/0\.0\.0\.0:9621 faces the network.*--insecure/],
    [["join"], 2, /no URL: give it as an argument/],
    [["join", "203.0.113.7"], 2, /server: endpoint '203\.0\.113\.7': no kind/],
    [["join", "tcp://h", "--ip", "10.0.0.1/24", "--bridge", "br0"], 2, /--ip: does not go with --bridge/],
    [["join", "tcp://h", "--mac", "01:00:00:00:00:01"], 2, /--mac '01:.*one station/],
  ];
  for (const [args, status, expected] of wrong) {
    test(`tapswitch ${args.join(" ")}`, async (t) => {
      const running = start(t, args);
      assert.equal(await running.end(), status);
      assert.equal(running.stdout, "");
      assert.match(running.stderr, expected);
      assert.match(running.stderr, /^tapswitch: [^\n]*\n$/, "one line");
    });
  }

  test("a port in use", async (t) => {
    const server = await TestServer.start(t);
    const running = start(t, ["serve", "-l", `tcp://127.0.0.1:${server.port()}`]);
    assert.equal(await running.end(), 4);
    assert.match(
      running.stderr,
      /^tapswitch: cannot listen on tcp:.* \(EADDRINUSE\): another process does; [^\n]*\n$/,
    );
  });

  test("a Unix path in use", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    await TestServer.start(t, { listen: [`unix://${path}`] });
    const running = start(t, ["serve", "-l", `unix://${path}`]);
    assert.equal(await running.end(), 4);
    assert.match(running.stderr, /^tapswitch: another process serves '.*s\.sock': [^\n]*\n$/);
  });

  test("a group that does not exist", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    const running = start(t, ["serve", "-l", `unix://${path}?group=no-such-group`]);
    assert.equal(await running.end(), 2);
    assert.match(running.stderr, /^tapswitch: there is no group 'no-such-group' on this machine\n$/);
  });

  test("a folder that may not be written to", async (t) => {
    const folder = temporaryFolder(t);
    if (process.getuid!() === 0) chownSync(folder, NOBODY, NOBODY);
    chmodSync(folder, 0o555);
    const running = startPowerless(t, ["serve", "-l", `unix://${folder}/s.sock`]);
    assert.equal(await running.end(), 3);
    assert.match(running.stderr, /^tapswitch: cannot listen on unix:.* \(EACCES\): [^\n]*\n$/);
  });

  test("no right to make a network device", async (t) => {
    const running = startPowerless(t, ["join", "tcp://127.0.0.1:1"]);
    assert.equal(await running.end(), 3);
    assert.match(running.stderr, /^tapswitch: cannot open the TAP device tap\d+ \(E[A-Z]+\): [^\n]*\n$/);
  });
});

describe("--debug", () => {
  for (const args of [
    ["--debug", "serve", "--mtu", "big"],
    ["serve", "--mtu", "big", "--debug"],
  ]) {
    test(`shows where it happened: ${args.join(" ")}`, async (t) => {
      const running = start(t, args);
      assert.equal(await running.end(), 2);
      assert.match(running.stderr, /^tapswitch: --mtu 'big': [^\n]*\nTapswitchError: .*\n {4}at /);
    });
  }
});

describe("an error that nobody foresaw", () => {
  const boom = `data:text/javascript,process.on("SIGUSR2", () => { throw new Error("boom") })`;

  async function fail(t: TestContext, ...more: string[]): Promise<string> {
    const args = ["serve", "-l", "tcp://127.0.0.1:0", ...more];
    const running = start(t, args, { NODE_OPTIONS: `--import=${encodeURI(boom)}` });
    await running.listening();
    running.child.kill("SIGUSR2");
    assert.equal(await running.end(), 1);
    return running.stderr;
  }

  test("is one line, and the status of a failure", async (t) => {
    const said = await fail(t);
    assert.match(said, /\ntapswitch: unexpected error: boom \(--debug shows where\)\n$/);
    assert.doesNotMatch(said, /\n {4}at /);
  });

  test("is shown in full with --debug", async (t) => {
    assert.match(await fail(t, "--debug"), /unexpected error: boom.*\nError: boom\n {4}at /);
  });
});
