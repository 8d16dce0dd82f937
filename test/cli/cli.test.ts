/** The command line as a process: what it prints, and what it ends with. */
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { eventually, quiet } from "../support/clock.js";
import { frame, mac, Peer } from "../support/peers.js";
import { TestServer, temporaryFolder } from "../support/server.js";

const ROOT = new URL("../../../", import.meta.url).pathname;
const BIN = join(ROOT, "bin/tapswitch.js");
const NOBODY = 65_534;

class Running {
  readonly child: ChildProcessWithoutNullStreams;
  stdout = "";
  stderr = "";
  /** Exit status, or the signal that ended it. */
  ended: number | string | undefined;

  constructor(command: string, args: readonly string[], env: Record<string, string> = {}) {
    this.child = spawn(command, args, { env: { ...process.env, ...env } });
    this.child.stdout.on("data", (chunk) => {
      this.stdout += chunk;
    });
    this.child.stderr.on("data", (chunk) => {
      this.stderr += chunk;
    });
    this.child.on("close", (status, signal) => {
      this.ended = status ?? signal ?? undefined;
    });
  }

  async end(limitMs = 10_000): Promise<number | string> {
    await eventually(
      () => this.ended !== undefined,
      () => `the end: ${this.stdout}${this.stderr}`,
      limitMs,
    );
    return this.ended!;
  }

  /** The port that a `serve` has chosen. */
  async listening(): Promise<number> {
    const pattern = /listening on tcp:\/\/127\.0\.0\.1:(\d+)/;
    await eventually(
      () => pattern.test(this.stderr),
      () => `the start: ${this.stderr}`,
    );
    return Number(pattern.exec(this.stderr)![1]);
  }
}

function start(t: TestContext, args: readonly string[], env?: Record<string, string>): Running {
  const running = new Running(process.execPath, [BIN, ...args], env);
  t.after(() => running.child.kill("SIGKILL"));
  return running;
}

/** Without any of root's rights, whoever runs the test. */
function startPowerless(t: TestContext, args: readonly string[]): Running {
  if (process.getuid!() !== 0) return start(t, args);
  const running = new Running("setpriv", [
    "--bounding-set=-all",
    "--inh-caps=-all",
    process.execPath,
    BIN,
    ...args,
  ]);
  t.after(() => running.child.kill("SIGKILL"));
  return running;
}

describe("what is wrong is said in one line, without a stack trace", { concurrency: 4 }, () => {
  const wrong: [string[], number, RegExp][] = [
    [["serve", "--colour"], 2, /unknown option '--colour'.*--help/],
    [["serve", "--netwrk", "x"], 2, /unknown option '--netwrk'.*Did you mean --network\?/],
    [["srve"], 2, /unknown command 'srve'.*Did you mean serve\?/],
    [["fly"], 2, /unknown command 'fly'.*--help/],
    [["serve", "now"], 2, /too many arguments.*--help/],
    [["serve", "--listen"], 2, /'-l, --listen <url>' argument missing/],
    [["serve", "--mtu", "big"], 2, /--mtu 'big': a whole number from 68 to/],
    [["serve", "--log-level", "loud"], 2, /'loud' is invalid.*trace, debug, info/],
    [["serve", "--forward-reserved", ""], 2, /--forward-reserved.*empty/],
    [["serve", "--forward-reserved", "lldp,stp"], 2, /--forward-reserved\[1\] 'stp'/],
    [
      ["serve", "-l", "udp://127.0.0.1:1"],
      2,
      /--listen\[0\]: endpoint 'udp:.*unknown kind 'udp'; write it as in tcp:/,
    ],
    [
      ["serve", "-l", "tcp://127.0.0.1:0?network=blue"],
      2,
      /names network 'blue': declare it with --network blue/,
    ],
    [["serve", "-l", "tcp://0.0.0.0:9621"], 2, /tcp:\/\/0\.0\.0\.0:9621 faces the network.*--insecure/],
    [["join"], 2, /missing required argument 'url'/],
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
  const boom = `data:text/javascript,setTimeout(() => { throw new Error("boom") }, 300)`;

  test("is one line, and the status of a failure", async (t) => {
    const running = start(t, ["serve", "-l", "tcp://127.0.0.1:0"], {
      NODE_OPTIONS: `--import=${encodeURI(boom)}`,
    });
    assert.equal(await running.end(), 1);
    assert.match(running.stderr, /\ntapswitch: unexpected error: boom \(--debug shows where\)\n$/);
    assert.doesNotMatch(running.stderr, /\n {4}at /);
  });

  test("is shown in full with --debug", async (t) => {
    const running = start(t, ["serve", "--debug", "-l", "tcp://127.0.0.1:0"], {
      NODE_OPTIONS: `--import=${encodeURI(boom)}`,
    });
    assert.equal(await running.end(), 1);
    assert.match(running.stderr, /unexpected error: boom.*\nError: boom\n {4}at /);
  });
});

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
    for (const command of ["serve", "join", "demo"])
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
      ...["--listen", "--network", "--mtu", "--max-ports", "--mac-limit", "--age", "--keepalive"],
      ...["--forward-reserved", "--insecure", "--state", "--control", "--log-level", "--log-json", "--debug"],
    ],
    join: [
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
      ...["--no-offload", "--state", "--control", "--log-level", "--log-json", "--debug"],
    ],
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

describe("a server", { concurrency: 4 }, () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`ends with 0 within two seconds of ${signal}, whoever is connected, and removes its path`, async (t) => {
      const path = join(temporaryFolder(t), "s.sock");
      const running = start(t, ["serve", "-l", "tcp://127.0.0.1:0?raw=no", "-l", `unix://${path}`]);
      const port = await running.listening();
      await eventually(() => existsSync(path), "the Unix path");
      const native = await Peer.join({ host: "127.0.0.1", port });
      const stuck = await Peer.join({ path });
      stuck.socket.pause();
      const silent = await Peer.connect({ host: "127.0.0.1", port });
      const raw = await Peer.connect({ path });
      raw.send(frame());
      await native.gotFrames(1);
      const since = performance.now();
      running.child.kill(signal);
      assert.equal(await running.end(), 0);
      assert.ok(performance.now() - since < 2_000, `${performance.now() - since} ms`);
      assert.equal((await native.heard())["type"], "bye");
      await silent.ended();
      assert.equal(existsSync(path), false);
      assert.match(running.stderr, /stopped\n/);
      stuck.destroy();
    });
  }

  test("ends at once on a second signal", async (t) => {
    const running = start(t, ["serve", "-l", "tcp://127.0.0.1:0"]);
    const stuck = await Peer.join({ host: "127.0.0.1", port: await running.listening() });
    stuck.socket.pause();
    running.child.kill("SIGTERM");
    await quiet(100);
    running.child.kill("SIGTERM");
    assert.equal(await running.end(600), 143);
  });

  test("prints ports and addresses on SIGUSR1, and goes on", async (t) => {
    const running = start(t, ["serve", "-l", "tcp://127.0.0.1:0", "-n", "blue", "-n", "red"]);
    const port = await running.listening();
    const peer = await Peer.join({ host: "127.0.0.1", port }, { name: "web", network: "red" });
    peer.send(frame({ from: mac(7) }));
    peer.say({ type: "ping", time: 1 });
    await peer.heard();
    running.child.kill("SIGUSR1");
    await eventually(
      () => running.stdout.includes("mac "),
      () => running.stdout,
    );
    assert.match(
      running.stdout,
      /^network blue: 0 ports, 0 addresses\nnetwork red: 1 ports?, 1 address(es)?\n/,
    );
    assert.match(
      running.stdout,
      /^ {2}port +1 {2}web +127\.0\.0\.1:\d+ +in 1 out 0 floods 1 queued 0 B drops none$/m,
    );
    assert.match(running.stdout, /^ {2}mac +02:00:00:00:00:07 behind port 1 \(web\), seen 0 s ago$/m);
    assert.equal(running.ended, undefined);
  });

  test("goes on when nobody reads its output or its log any more", async (t) => {
    const running = start(t, ["serve", "-l", "tcp://127.0.0.1:0"]);
    const port = await running.listening();
    running.child.stdout.destroy();
    running.child.stderr.destroy();
    running.child.kill("SIGUSR1");
    await quiet(100);
    const peer = await Peer.join({ host: "127.0.0.1", port });
    peer.destroy();
    await quiet(100);
    running.child.kill("SIGUSR1");
    await Peer.join({ host: "127.0.0.1", port });
    running.child.kill("SIGTERM");
    assert.equal(await running.end(), 0);
  });

  test("logs JSON lines where asked to", async (t) => {
    const running = start(t, ["serve", "--log-json", "-l", "tcp://127.0.0.1:0"]);
    await running.listening();
    const entry = JSON.parse(running.stderr.split("\n")[0]!) as { msg: string };
    assert.match(entry.msg, /^listening on /);
  });

  test("says nothing that was not asked for", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    const running = start(t, ["serve", "--log-level", "silent", "-l", `unix://${path}`]);
    await eventually(() => existsSync(path), "the Unix path");
    await Peer.join({ path });
    running.child.kill("SIGTERM");
    assert.equal(await running.end(), 0);
    assert.equal(running.stderr + running.stdout, "");
  });
});
