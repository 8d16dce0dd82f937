/** Servers and clients that die, hang and come back, while others want to go on. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { QUEUE_BYTES } from "../../src/switch/port.js";
import { kernelTest } from "../support/kernel.js";
import {
  join,
  linkState,
  overlay,
  ping,
  receivedBytes,
  SERVER_URL,
  segment,
  serve,
  startJoin,
  Transfer,
  tables,
  transfer,
  underlay,
  until,
} from "../support/kernel-network.js";
import { PROGRAM } from "../support/kernel-site.js";
import { temporaryFolder } from "../support/server.js";

const [A, B, C] = [overlay("a"), overlay("b"), overlay("c")];
/** Enough that the transfer cannot be over before the fault that comes in its middle. */
const LONG_BYTES = 300_000_000;
/** When that much has arrived, the transfer is in its middle. */
const MIDDLE_BYTES = 20_000_000;
/** Small frames that have overtaken the bulk in a port's queue. */
const SPARSE_BYTES = 64 * 1024;
/** The README's promise: the end of a process within 2 s of the signal. */
const STOP_MS = 2_000;

kernelTest("completes a TCP transfer across a server that is killed and started again", async (lab) => {
  const { server, clients } = await segment(lab, ["a", "b"]);
  const moving = await Transfer.start(lab, { from: "a", to: "b", address: A.v4, bytes: LONG_BYTES });
  await until(() => receivedBytes(clients["b"]!, "tap0") > MIDDLE_BYTES, "the middle of the transfer");
  server.signal("SIGKILL");
  await server.exit;
  assert.equal(moving.receiver.output, "", "the transfer was over before the server was killed");
  const next = await serve(lab);
  await moving.arrived(100_000);
  assert.deepEqual(Object.keys((await tables(next)).ports).sort(), ["a", "b"]);
});

kernelTest("goes on without a client that is killed, and takes it back as it was", async (lab) => {
  const { server, clients } = await segment(lab, ["a", "b", "c"]);
  await ping(lab, "c", A.v4);
  const { mac } = (await linkState(lab, "c", "tap0"))!;
  const moving = await Transfer.start(lab, { from: "a", to: "b", address: A.v4, bytes: LONG_BYTES });
  await until(() => receivedBytes(clients["b"]!, "tap0") > MIDDLE_BYTES, "the middle of the transfer");
  clients["c"]!.signal("SIGKILL");
  await clients["c"]!.exit;
  await until(async () => !("c" in (await tables(server)).ports), "the port of the dead client to go");
  assert.equal(await linkState(lab, "c", "tap0"), null);
  assert.ok(!(mac in (await tables(server)).macs), "its address is still in the table");
  await join(lab, "c");
  assert.equal((await linkState(lab, "c", "tap0"))!.mac, mac);
  await ping(lab, "c", A.v4);
  await moving.arrived();
});

kernelTest("bounds the queue of a client that stops reading, and spares the others", async (lab) => {
  const { server, clients } = await segment(lab, ["a", "b", "c"], ["--keepalive", "60000"]);
  // A window below the queue's bound: what a and b exchange cannot overflow a queue by itself.
  for (const host of ["a", "b"])
    await lab.run(host, ["sysctl", "-q", "-w", "net.ipv4.tcp_rmem=4096 131072 131072"], { check: true });
  const lladdr = (await linkState(lab, "c", "tap0"))!.mac;
  for (const host of ["a", "b"])
    await lab.ip(host, "neighbour", "replace", C.v4, "lladdr", lladdr, "dev", "tap0", "nud", "permanent");
  await ping(lab, "c", A.v4);
  clients["c"]!.signal("SIGSTOP");
  const flood = lab.spawn("b", ["ping", "-q", "-i", "0.002", "-s", "60000", C.v4]);
  const isFull = async (): Promise<boolean> => /queue:\d+/.test((await tables(server)).ports["c"]!.drops);
  await until(isFull, "the queue of the stopped client to be full");
  await transfer(lab, { from: "a", to: "b", address: A.v4, bytes: 50_000_000 });
  await transfer(lab, { from: "b", to: "a", address: B.v4, bytes: 50_000_000 });
  const { a, b, c } = (await tables(server)).ports;
  assert.equal(a!.drops, "none");
  assert.equal(b!.drops, "none");
  assert.ok(
    c!.queuedBytes > QUEUE_BYTES / 2 && c!.queuedBytes <= QUEUE_BYTES + SPARSE_BYTES,
    `${c!.queuedBytes} B queued`,
  );
  flood.kill();
  await flood.exit;
  clients["c"]!.signal("SIGCONT");
  await until(async () => (await tables(server)).ports["c"]!.queuedBytes === 0, "the queue to empty");
  await ping(lab, "c", A.v4);
});

kernelTest("ends the session of a client that hangs, which comes back when it wakes", async (lab) => {
  const { server, clients } = await segment(lab, ["a", "b"], ["--keepalive", "1500"]);
  clients["a"]!.signal("SIGSTOP");
  await until(async () => !("a" in (await tables(server)).ports), "the port of the hanging client to go");
  await server.waitFor(/port down.*name=a .*nothing heard for 1500 ms/);
  clients["a"]!.clear();
  clients["a"]!.signal("SIGCONT");
  await clients["a"]!.waitFor(/joined/, 30_000);
  await ping(lab, "b", A.v4);
});

kernelTest("replaces at once the session of a client whose server hung, in the same port", async (lab) => {
  const { server, clients } = await segment(lab, ["a", "b"], ["--keepalive", "1500"]);
  clients["a"]!.clear();
  server.signal("SIGSTOP");
  await clients["a"]!.waitFor(/nothing heard from the server for 1500 ms/, 30_000);
  server.signal("SIGCONT");
  await clients["a"]!.waitFor(/joined/, 30_000);
  await until(async () => Object.keys((await tables(server)).ports).length === 2, "two ports");
  assert.deepEqual(Object.keys((await tables(server)).ports).sort(), ["a", "b"]);
  await ping(lab, "b", A.v4);
});

kernelTest("joins again after the server was away and logs each state once, not each try", async (lab, t) => {
  const folder = temporaryFolder(t);
  const path = `${folder}/switch.sock`;
  await underlay(lab, ["a", "b"]);
  const first = await serve(lab, "--listen", `unix://${path}`);
  const client = await join(lab, "a", [], `unix://${path}`);
  client.clear();
  await first.stop();
  await client.waitFor(/the server is stopping; trying again/);
  // Somebody else answers there, and counts the tries.
  let tries = 0;
  const wrong = createServer((socket) => {
    tries++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => wrong.listen(path, resolve));
  await until(() => tries >= 3, "three tries");
  wrong.close();
  await serve(lab, "--listen", `unix://${path}`);
  await client.waitFor(/joined/, 30_000);
  const lines = client.output
    .trimEnd()
    .split("\n")
    .map((line) => line.slice("00:00:00.000 ".length));
  assert.ok(lines.some((line) => line.includes("before it answered")));
  assert.equal(new Set(lines).size, lines.length, client.output);
});

kernelTest(
  "keeps the carrier off until the first welcome, and on for --carrier-hold after a loss",
  async (lab) => {
    await underlay(lab, ["a", "b", "c"]);
    const options = {
      a: ["--carrier-hold", "3"],
      b: ["--carrier-hold", "never"],
      c: ["--carrier-hold", "0"],
    };
    const hosts = Object.keys(options) as ("a" | "b" | "c")[];
    const clients = hosts.map((host) => startJoin(lab, host, options[host]));
    for (const client of clients) await client.waitFor(/ECONNREFUSED/, 30_000);
    const carriers = (): Promise<boolean[]> =>
      Promise.all(hosts.map(async (host) => (await linkState(lab, host, "tap0"))!.carrier));
    assert.deepEqual(await carriers(), [false, false, false]);
    const server = await serve(lab);
    for (const client of clients) await client.waitFor(/joined/, 30_000);
    assert.deepEqual(await carriers(), [true, true, true]);
    const lostAt = performance.now();
    server.signal("SIGKILL");
    await until(async () => !(await carriers())[2], "the carrier that is not held to fall");
    await until(async () => !(await carriers())[0], "the carrier that is held for 3 s to fall");
    assert.ok(performance.now() - lostAt >= 2_900, "it fell too early");
    assert.deepEqual(await carriers(), [false, true, false]);
    await serve(lab);
    await until(async () => (await carriers()).every((carrier) => carrier), "the carriers to rise again");
  },
);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  kernelTest(`ends join and serve within 2 s of ${signal}, with status 0 and no device left`, async (lab) => {
    const { server, clients } = await segment(lab, ["a", "b", "c"]);
    await ping(lab, "a", B.v4);
    // A client that reads nothing must not hold the server up.
    clients["b"]!.signal("SIGSTOP");
    const idle = startJoin(lab, "b", ["--dev", "tap5"], "tcp://10.9.0.99:9621");
    await idle.waitFor(/opened tap5/, 30_000);
    for (const child of [clients["a"]!, idle, server]) {
      const askedAt = performance.now();
      child.signal(signal);
      assert.deepEqual(await child.exit, { status: 0, signal: null }, child.output);
      assert.ok(performance.now() - askedAt < STOP_MS, child.output);
    }
    assert.equal(await linkState(lab, "a", "tap0"), null);
    assert.equal(await linkState(lab, "b", "tap5"), null);
    assert.doesNotMatch(idle.output, /trying again/);
    await clients["c"]!.waitFor(/the server is stopping; trying again/);
  });
}

kernelTest("ends a join within 2 s of SIGINT while it waits for an answer to its hello", async (lab, t) => {
  const path = `${temporaryFolder(t)}/silent.sock`;
  const silent = createServer();
  t.after(() => silent.close());
  await new Promise<void>((resolve) => silent.listen(path, resolve));
  const connected = new Promise((resolve) => silent.once("connection", resolve));
  await underlay(lab, ["a"]);
  const client = startJoin(lab, "a", [], `unix://${path}`);
  await connected;
  const askedAt = performance.now();
  client.signal("SIGINT");
  assert.deepEqual(await client.exit, { status: 0, signal: null }, client.output);
  assert.ok(performance.now() - askedAt < STOP_MS, client.output);
  assert.doesNotMatch(client.output, /trying again/);
});

kernelTest("fails with a clear sentence when its device is deleted under it", async (lab) => {
  const { server, clients } = await segment(lab, ["a", "b"]);
  await lab.ip("a", "link", "delete", "dev", "tap0");
  assert.deepEqual(await clients["a"]!.exit, { status: 1, signal: null }, clients["a"]!.output);
  assert.match(clients["a"]!.output, /^tapswitch: the network device tap0 went away.*$/m);
  assert.doesNotMatch(clients["a"]!.output, /^ +at /m);
  await until(async () => !("a" in (await tables(server)).ports), "its port to go");
});

kernelTest("joins a server that is not there yet", async (lab) => {
  await underlay(lab, ["a"]);
  const client = startJoin(lab, "a", [], SERVER_URL);
  await client.waitFor(/ECONNREFUSED/, 30_000);
  await serve(lab);
  await client.waitFor(/joined/, 30_000);
});

kernelTest("join ends at once while a name server leaves it without an answer", async (lab, t) => {
  await underlay(lab, ["a"]);
  const file = `${temporaryFolder(t)}/resolv.conf`;
  writeFileSync(file, "nameserver 10.9.0.53\noptions timeout:10\n");
  const command = `mount --bind ${file} /etc/resolv.conf && exec ${process.execPath} ${PROGRAM} join tcp://nobody.example:9621`;
  const client = lab.spawn("a", ["unshare", "-m", "sh", "-c", command]);
  await client.waitFor(/opened tap0/);
  const asked = await lab.run("a", [
    "sh",
    "-c",
    "timeout 5 sh -c 'until ss -Hun | grep -q :53; do sleep 0.05; done'",
  ]);
  assert.equal(asked.status, 0, "it asks for the name");
  const began = performance.now();
  client.signal("SIGINT");
  assert.deepEqual(await client.exit, { status: 0, signal: null });
  assert.ok(performance.now() - began < 1_000, `it took ${performance.now() - began} ms`);
});
