/** Under a service manager: what it is told, and listening sockets that it opened beforehand. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Child, Lab } from "../../src/cli/demo/lab.js";
import { parseInviteUrl } from "../../src/config/invite-url.js";
import { quiet } from "../support/clock.js";
import { kernelTest } from "../support/kernel.js";
import { until } from "../support/kernel-network.js";
import { SERVER, Site } from "../support/kernel-site.js";
import { temporaryFolder } from "../support/server.js";

const PROGRAM = fileURLToPath(new URL("../../../bin/tapswitch.js", import.meta.url));
const TAPSWITCH = [process.execPath, PROGRAM];
const NOTIFY = { needs: ["socat"] };
const ACTIVATE = { needs: ["systemd-socket-activate", "socat"] };

/** Listens as a service manager does; what it is told is in the child's output. */
async function manager(lab: Lab, t: TestContext, host = "s"): Promise<{ socket: string; told: Child }> {
  const socket = join(temporaryFolder(t), "notify");
  const told = lab.spawn(host, ["socat", "-u", `UNIX-RECV:${socket}`, "STDOUT"]);
  await until(() => existsSync(socket), "the manager's socket");
  return { socket, told };
}

kernelTest("serve tells its manager that it is ready, lives, reloads and stops", NOTIFY, async (lab, t) => {
  await lab.host("s");
  const { socket, told } = await manager(lab, t);
  const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "200000" };
  const server = lab.spawn("s", [...TAPSWITCH, "serve", "-l", "tcp://127.0.0.1:0"], { env });
  await told.waitFor(/READY=1\n/);
  assert.match(told.output, /STATUS=default: 0 ports, 0 addresses; listening on tcp:\/\/127\.0\.0\.1:\d+\n/);
  await told.waitFor(/(WATCHDOG=1\n[\s\S]*){5}/);
  told.clear();
  server.signal("SIGHUP");
  await told.waitFor(/RELOADING=1\nMONOTONIC_USEC=\d+\n[\s\S]*READY=1\n/);
  // A frozen process gives no sign of life.
  server.signal("SIGSTOP");
  told.clear();
  await quiet(500);
  assert.doesNotMatch(told.output, /WATCHDOG=1[\s\S]*WATCHDOG=1/);
  server.signal("SIGCONT");
  await told.waitFor(/WATCHDOG=1/);
  assert.deepEqual(await server.stop(), { status: 0, signal: null });
  await told.waitFor(/STOPPING=1\n/);
});

kernelTest(
  "a watchdog that guards another process, and a manager without socket, get nothing",
  NOTIFY,
  async (lab, t) => {
    await lab.host("s");
    const { socket, told } = await manager(lab, t);
    const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "50000", WATCHDOG_PID: "1" };
    lab.spawn("s", [...TAPSWITCH, "serve", "-l", "tcp://127.0.0.1:0"], { env });
    await told.waitFor(/READY=1\n/);
    await quiet(200);
    assert.doesNotMatch(told.output, /WATCHDOG/);
    const alone = lab.spawn("s", [...TAPSWITCH, "serve", "-l", "tcp://127.0.0.1:0"], {
      env: { NOTIFY_SOCKET: join(socket, "gone"), WATCHDOG_USEC: "50000" },
    });
    await alone.waitFor(/cannot reach the service manager/);
    await quiet(200);
    assert.equal(alone.output.match(/cannot reach/g)!.length, 1);
    assert.deepEqual(await alone.stop(), { status: 0, signal: null });
  },
);

kernelTest("an abstract name of the manager's socket is understood", NOTIFY, async (lab) => {
  await lab.host("s");
  const name = `tapswitch-test-${process.pid}`;
  const told = lab.spawn("s", ["socat", "-u", `ABSTRACT-RECV:${name}`, "STDOUT"]);
  await until(
    async () => (await lab.run("s", ["cat", "/proc/net/unix"])).stdout.includes(`@${name}`),
    "the manager's socket",
  );
  lab.spawn("s", [...TAPSWITCH, "serve", "-l", "tcp://127.0.0.1:0"], { env: { NOTIFY_SOCKET: `@${name}` } });
  await told.waitFor(/READY=1\n/);
});

kernelTest(
  "join is ready when it has joined, and also when the server is away, and says which",
  NOTIFY,
  async (lab, t) => {
    await lab.star("s", { s: "10.9.0.1/24", a: "10.9.0.2/24" });
    const { socket, told } = await manager(lab, t);
    const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "200000" };
    const url = "tcp://10.9.0.1:9621";
    const client = lab.spawn("a", [...TAPSWITCH, "join", url, "--dev", "tap0"], { env });
    await told.waitFor(/READY=1\nSTATUS=not joined to tcp:\/\/10\.9\.0\.1:9621: .*ECONNREFUSED/);
    const server = lab.spawn("s", [...TAPSWITCH, "serve", "--insecure", "-l", url]);
    await told.waitFor(/STATUS=joined tcp:\/\/10\.9\.0\.1:9621\n/);
    await told.waitFor(/(WATCHDOG=1\n[\s\S]*){5}/);
    assert.deepEqual(await client.stop(), { status: 0, signal: null });
    await told.waitFor(/STOPPING=1\n/);
    assert.equal(told.output.match(/READY=1/g)!.length, 1);
    await server.stop();
  },
);

kernelTest("join never is ready where the server refuses it for good", NOTIFY, async (lab, t) => {
  await lab.star("s", { s: "10.9.0.1/24", a: "10.9.0.2/24" });
  const { socket, told } = await manager(lab, t);
  const url = "tcp://10.9.0.1:9621";
  const server = lab.spawn("s", [...TAPSWITCH, "serve", "--insecure", "-l", url]);
  await server.waitFor(/listening/);
  const env = { NOTIFY_SOCKET: socket };
  const client = lab.spawn("a", [...TAPSWITCH, "join", `${url}/nowhere`, "--dev", "tap0"], { env });
  assert.equal((await client.exit).status, 5);
  assert.doesNotMatch(told.output, /READY/);
});

kernelTest(
  "join needs no more rights than its unit gives, also at its next start, and keeps none",
  async (lab, t) => {
    const site = await Site.build(lab, t);
    await site.serve();
    const unit = readFileSync(
      new URL("../../../examples/systemd/tapswitch-join@.service", import.meta.url),
      "utf8",
    );
    const rights = /^CapabilityBoundingSet=(.*)$/m
      .exec(unit)![1]!
      .toLowerCase()
      .replaceAll("cap_", "+")
      .split(" ");
    const { socket, told } = await manager(lab, t, "a");
    const runtime = temporaryFolder(t);
    // As systemd makes it.
    chmodSync(runtime, 0o755);
    chmodSync(dirname(socket), 0o755);
    chmodSync(socket, 0o777);
    const env = { NOTIFY_SOCKET: socket, RUNTIME_DIRECTORY: runtime, TAPSWITCH_LOG_LEVEL: "trace" };
    const invite = await site.ask("invite");
    const { code } = parseInviteUrl(invite);
    const joinOnce = async (url: string): Promise<void> => {
      const options = [
        "--user",
        "nobody",
        "--state",
        site.state("a"),
        "--dev",
        "tap0",
        "--ip",
        "10.10.0.1/24",
      ];
      const bounded = ["setpriv", `--bounding-set=-all,${rights.join(",")}`, "--no-new-privs"];
      const client = lab.spawn("a", [...bounded, ...TAPSWITCH, "join", url, ...options], { env });
      await told.waitFor(/READY=1\nSTATUS=joined/);
      // In the unit's folder for the run, where it was made by root and belongs to the user.
      await until(
        () => existsSync(join(runtime, "65534/join-tap0.sock")),
        () => client.output,
      );
      const status = readFileSync(`/proc/${client.pid}/status`, "utf8");
      assert.match(status, /^Uid:\t65534\t65534\t65534\t65534$/m);
      assert.match(status, /^CapPrm:\t0+\nCapEff:\t0+\nCapBnd:\t\w+\nCapAmb:\t0+$/m);
      assert.deepEqual(await client.stop(), { status: 0, signal: null });
      const said = `${client.output}${told.output}`;
      assert.match(said, /"msg":"joined/);
      assert.ok(!said.includes(code), "the code of an invite");
      told.clear();
    };
    await joinOnce(invite);
    await joinOnce(`tls://${SERVER}:9621`);
  },
);

/** Starts `serve` by the first connection to one of the addresses. */
function activate(lab: Lab, listen: string[], ...args: string[]): Child {
  const addresses = listen.flatMap((address) => ["-l", address]);
  return lab.spawn("s", ["systemd-socket-activate", ...addresses, ...TAPSWITCH, "serve", ...args]);
}

kernelTest("serve starts at the first connection, on sockets that it inherits", ACTIVATE, async (lab, t) => {
  await lab.host("s");
  const path = join(temporaryFolder(t), "vms.sock");
  const listen = ["-l", "tcp://127.0.0.1:9621", "-l", `unix://${path}`, "-l", "tcp://127.0.0.1:0"];
  const server = activate(lab, ["127.0.0.1:9621", path], ...listen);
  await until(() => existsSync(path), "the inherited socket");
  const hello = JSON.stringify({ type: "hello", version: 1, instance: "0123456789abcdef", capabilities: {} });
  const record = `printf '\\002\\000\\000\\${hello.length.toString(8)}%s' '${hello}'; sleep 2`;
  const welcomed = (to: string): Promise<boolean> =>
    lab
      .run("s", ["sh", "-c", `( ${record} ) | socat -t2 - ${to}`])
      .then(({ stdout }) => stdout.includes('"welcome"'));
  assert.ok(await welcomed("TCP:127.0.0.1:9621"), server.output);
  assert.ok(await welcomed(`UNIX-CONNECT:${path}`), server.output);
  assert.match(server.output, /listening on tcp:\/\/127\.0\.0\.1:9621/);
  assert.deepEqual(await server.stop(), { status: 0, signal: null });
  // It belongs to the manager, who listens on.
  assert.ok(existsSync(path));
});

kernelTest(
  "inherited sockets that fit no listener, or cannot be listened on, are refused",
  ACTIVATE,
  async (lab) => {
    await lab.host("s");
    const poke = (): Promise<unknown> => lab.run("s", ["socat", "-u", "/dev/null", "TCP:127.0.0.1:9700"]);
    const refused = async (said: RegExp, server: Child): Promise<void> => {
      await server.waitFor(/Listening on/);
      await poke();
      assert.equal((await server.exit).status, 2, server.output);
      assert.match(server.output, said);
    };
    await refused(/belongs to no listener/, activate(lab, ["127.0.0.1:9700"], "-l", "tcp://127.0.0.1:9701"));
    // One connection instead of the listening socket.
    const inetd = ["systemd-socket-activate", "-a", "-l", "127.0.0.1:9700", ...TAPSWITCH, "serve"];
    const child = lab.spawn("s", [...inetd, "-l", "tcp://127.0.0.1:9700"]);
    await child.waitFor(/Listening on/);
    await poke();
    await child.waitFor(/it does not listen: use Accept=no/);
  },
);
