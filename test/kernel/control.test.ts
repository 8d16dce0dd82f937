/** Where a join is asked, with and without root, and what it says of itself. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import { type ControlClient, connectControl } from "../../src/control/control-client.js";
import type { StatusView } from "../../src/control/inspect-api.js";
import { eventually } from "../support/clock.js";
import { kernelTest } from "../support/kernel.js";

const NOBODY = 65_534;
const PROGRAM = new URL("../../../bin/tapswitch.js", import.meta.url).pathname;
const SERVER = "tcp://127.0.0.1:9621";

/** One host with a folder for control sockets, on which all of it runs. */
class Machine {
  readonly lab: Lab;
  readonly run: string;

  private constructor(lab: Lab, run: string) {
    this.lab = lab;
    this.run = run;
  }

  static async build(lab: Lab, t: TestContext): Promise<Machine> {
    const folder = mkdtempSync(join(tmpdir(), "tapswitch-test-"));
    chmodSync(folder, 0o755); // one of its processes is not root
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    await lab.host("h");
    return new Machine(lab, join(folder, "run"));
  }

  async start(ready: RegExp, ...args: string[]): Promise<Child> {
    const child = this.lab.spawn("h", this.#argv(args));
    await child.waitFor(ready);
    return child;
  }

  async ask(path: string): Promise<ControlClient> {
    await eventually(() => existsSync(join(this.run, path)), `the socket ${path}`);
    return (await connectControl(join(this.run, path)))!;
  }

  async command(...args: string[]): Promise<string> {
    const { stdout, stderr } = await this.lab.run("h", this.#argv(args));
    return stdout + stderr;
  }

  #argv(args: readonly string[]): string[] {
    return ["env", `RUNTIME_DIRECTORY=${this.run}`, process.execPath, PROGRAM, ...args];
  }
}

const joined = async (client: ControlClient): Promise<StatusView> => {
  let status = await client.status({});
  for (let tries = 0; tries < 200 && (status.uplinks[0]?.rttMs ?? null) === null; tries++)
    status = await client.status({});
  return status;
};

kernelTest("a join is asked beside its server, says how it stands, and tidies up", async (lab, t) => {
  const machine = await Machine.build(lab, t);
  const serve = await machine.start(/listening/, "serve", "--listen", SERVER);
  const join_ = await machine.start(
    /joined/,
    "join",
    SERVER,
    "--dev",
    "tap7",
    "--ip",
    "10.10.0.1/24",
    "--name",
    "a",
  );
  const client = await machine.ask("join-tap7.sock");
  const { role, uplinks, devices, networks } = await joined(client);
  assert.equal(role, "join");
  const { rttMs, since, ...uplink } = uplinks[0]!;
  assert.ok(rttMs !== null && rttMs < 5_000, `${rttMs} ms`);
  assert.ok(Math.abs(Date.parse(since) - Date.now()) < 60_000, since);
  assert.deepEqual(uplink, {
    ...{
      server: SERVER,
      state: "up",
      network: "default",
      port: 1,
      name: "a",
      reconnects: 0,
      lastError: null,
    },
    grant: { macs: [], ips: [], macLimit: 4_096 },
  });
  const { name, mtu, carrier, addresses } = devices[0]!;
  assert.deepEqual([name, mtu, carrier, addresses[0]], ["tap7", 1_500, true, "10.10.0.1/24"]);
  assert.equal(networks[0]!.ports, 2);
  assert.deepEqual(
    (await client.ports({})).map((port) => [port.name, port.kind, port.up]),
    [
      ["uplink", "tcp", true],
      ["tap7", "tap", true],
    ],
  );
  await assert.rejects(client.members({}), { code: "not-found", message: /this is a join/ });
  await assert.rejects(client.kick({ port: "tap7" }), { code: "usage", message: /this host's own device/ });
  await client.kick({ port: "uplink", reason: "again" });
  await join_.waitFor(/again.*joined/s);
  const after = await joined(client);
  assert.equal(after.uplinks[0]!.reconnects, 1);
  assert.match(after.uplinks[0]!.lastError!, /again/);
  assert.match(
    await machine.command("status"),
    /several run here.*control\.sock \(serve\).*join-tap7\.sock \(join\)/,
  );
  for (const child of [join_, serve]) await child.stop();
  for (const path of ["control.sock", "join-tap7.sock"])
    assert.equal(existsSync(join(machine.run, path)), false);
});

kernelTest("a join that gave up root is asked by its user, and takes its socket away", async (lab, t) => {
  const machine = await Machine.build(lab, t);
  const child = await machine.start(/became user/, "join", SERVER, "--dev", "tap8", "--user", "nobody");
  const path = `${NOBODY}/join-tap8.sock`;
  const { uplinks, devices } = await (await machine.ask(path)).status({});
  assert.match(uplinks[0]!.state, /connecting|waiting/);
  assert.equal(devices[0]!.carrier, false);
  const { uid, mode } = statSync(join(machine.run, path));
  assert.deepEqual([uid, mode & 0o777], [NOBODY, 0o600]);
  assert.match(await machine.command("status"), /^join /);
  await child.stop();
  assert.equal(existsSync(join(machine.run, path)), false);
});

kernelTest("two servers side by side have a socket each", async (lab, t) => {
  const machine = await Machine.build(lab, t);
  const start = (port: number): Promise<Child> =>
    machine.start(/listening/, "serve", "--listen", `tcp://127.0.0.1:${port}`);
  await Promise.all([start(9_701), start(9_702)]);
  await machine.ask("control.sock");
  const [, first, second] = /say which by --control PATH: (\S+) \(serve\), (\S+) \(serve\)/.exec(
    await machine.command("ports"),
  )!;
  for (const path of [first!, second!])
    assert.equal((await (await connectControl(path))!.status({})).listeners.length, 1);
});
