import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { parseServeConfig } from "../../src/config/serve-config.js";
import { Server } from "../../src/daemon/server.js";
import { eventually, ManualClock, quiet } from "../support/clock.js";
import { frame, hello, mac, message, Peer, record, records } from "../support/peers.js";
import { recordedLog, TestServer, temporaryFolder } from "../support/server.js";

/** Starts a server that must not start, and answers why. */
async function refusalOf(config: Record<string, unknown>): Promise<{ code: string; message: string }> {
  const server = new Server(parseServeConfig(config), recordedLog().log);
  try {
    await server.start();
  } catch (error) {
    return error as { code: string; message: string };
  }
  await server.stop();
  throw new Error("it started");
}

describe("listening", () => {
  test("on several endpoints at once, with the ports that the kernel chose", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    const server = await TestServer.start(t, {
      listen: ["tcp://127.0.0.1:0", "tcp://[::1]:0", `unix://${path}`],
    });
    assert.match(server.server.bound[0]!, /^tcp:\/\/127\.0\.0\.1:[1-9]\d+$/);
    assert.match(server.server.bound[1]!, /^tcp:\/\/\[::1\]:[1-9]\d+$/);
    assert.equal(server.server.bound[2], `unix://${path}`);
    const a = await Peer.join({ host: "::1", port: server.port(1) });
    const b = await Peer.join({ path });
    a.send(frame());
    await b.gotFrames(1);
  });

  test("a TCP port in use is refused in words", async (t) => {
    const server = await TestServer.start(t);
    const error = await refusalOf({ listen: [`tcp://127.0.0.1:${server.port()}`] });
    assert.equal(error.code, "in-use");
    assert.match(
      error.message,
      /cannot listen on tcp:\/\/127\.0\.0\.1:\d+ \(EADDRINUSE\): another process does/,
    );
  });

  test("an address of another machine is refused in words", async () => {
    const error = await refusalOf({ listen: ["tcp://192.0.2.1:0"], insecure: true });
    assert.equal(error.code, "usage");
    assert.match(error.message, /EADDRNOTAVAIL.*no such address/);
  });

  test("opens every listener or none, and leaves nothing behind", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    const server = await TestServer.start(t);
    const error = await refusalOf({ listen: [`unix://${path}`, `tcp://127.0.0.1:${server.port()}`] });
    assert.equal(error.code, "in-use");
    await quiet(10);
    assert.equal(existsSync(path), false);
  });

  test("who had connected before a later listener failed is let go", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    const taken = await TestServer.start(t, { listen: ["tcp://localhost:0"] });
    const { log, lines } = recordedLog();
    // The name takes a moment to be looked up: time enough for somebody to connect.
    const listen = [`unix://${path}`, `tcp://localhost:${taken.port()}`];
    const server = new Server(parseServeConfig({ listen }), log);
    const failed = server.start().catch((error: { code: string }) => error.code);
    while (lines.length === 0) await quiet(0);
    let isOpen = true;
    const early = connect({ path });
    early.on("error", () => undefined);
    early.on("close", () => {
      isOpen = false;
    });
    assert.equal(await failed, "in-use");
    await eventually(() => !isOpen, "the end of the early connection", 1_000);
    assert.equal(server.snapshot().connections, 0);
  });

  test("a network that a listener is pinned to must exist", async () => {
    const error = await refusalOf({ listen: ["tcp://127.0.0.1:0?network=blue"] });
    assert.equal(error.code, "usage");
    assert.match(error.message, /names network 'blue': declare it with --network blue/);
  });

  test("a pinned listener serves its network only", async (t) => {
    const server = await TestServer.start(t, {
      network: ["default", "blue"],
      listen: ["tcp://127.0.0.1:0?network=blue", "tcp://127.0.0.1:0"],
    });
    const unnamed = await server.join({}, 0);
    assert.equal(unnamed.welcome["network"], "blue");
    const named = await server.join({ network: "blue" }, 0);
    assert.equal(named.welcome["network"], "blue");
    const stranger = await server.connect(0);
    stranger.say(hello({ network: "default" }));
    assert.equal((await stranger.heard())["code"], "unknown-network");
    const raw = await server.connect(0);
    raw.send(frame());
    await unnamed.gotFrames(1);
    assert.equal(server.ports("blue").length, 3);
    assert.equal(server.ports("default").length, 0);
  });

  test("a name with several listeners goes to the same switch", async (t) => {
    const server = await TestServer.start(t, { listen: ["tcp://127.0.0.1:0", "tcp://127.0.0.1:0"] });
    const a = await server.join({}, 0);
    const b = await server.join({}, 1);
    a.send(frame());
    await b.gotFrames(1);
  });
});

describe("facing the network without encryption", () => {
  for (const address of ["0.0.0.0", "[::]", "192.0.2.1", "example.com", "[::ffff:127.0.0.1]"]) {
    test(`tcp://${address} needs --insecure, and says what that means`, async () => {
      const error = await refusalOf({ listen: [`tcp://${address}:0`] });
      assert.equal(error.code, "usage");
      assert.match(error.message, /without encryption.*anyone.*read and inject.*--insecure/);
    });
  }

  test("nothing listens, not even on loopback, when one listener may not", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    await refusalOf({ listen: [`unix://${path}`, "tcp://0.0.0.0:0"] });
    assert.equal(existsSync(path), false);
  });

  test("with --insecure it listens, takes native peers only unless told otherwise, and warns", async (t) => {
    const server = await TestServer.start(t, {
      listen: ["tcp://0.0.0.0:0", "tcp://0.0.0.0:0?raw=yes"],
      insecure: true,
    });
    assert.ok(
      server
        .warnings()
        .some((warning) => /tcp:\/\/0\.0\.0\.0:\d+.*anyone who reaches it can read and inject/.test(warning)),
      server.warnings().join("\n"),
    );
    const raw = await server.connect(0);
    raw.send(frame());
    assert.equal((await raw.heard())["code"], "native-only");
    const allowed = await server.connect(1);
    allowed.send(frame());
    await eventually(() => server.ports().length === 1, "the raw port");
  });

  for (const listen of ["tcp://127.0.0.1:0", "tcp://localhost:0", "tcp://[::1]:0"]) {
    test(`${listen} takes raw peers unless told otherwise`, async (t) => {
      const server = await TestServer.start(t, { listen: [listen] });
      const host = listen.includes("::1") ? "::1" : "localhost";
      const raw = await Peer.connect({ host, port: server.port() });
      raw.send(frame());
      await eventually(() => server.ports().length === 1, "the raw port");
      assert.deepEqual(server.warnings(), []);
    });
  }

  test("raw=no on loopback is obeyed", async (t) => {
    const server = await TestServer.start(t, { listen: ["tcp://127.0.0.1:0?raw=no"] });
    const raw = await server.connect();
    raw.send(frame());
    assert.equal((await raw.heard())["code"], "native-only");
  });
});

describe("a Unix socket's path", () => {
  test("that a crash has left is replaced", async (t) => {
    const path = await staleSocket(t);
    assert.ok(statSync(path).isSocket());
    const server = await TestServer.start(t, { listen: [`unix://${path}`] });
    await Peer.join({ path });
    assert.equal(server.ports().length, 1);
  });

  test("that is served is refused, and its server not disturbed", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    const server = await TestServer.start(t, { listen: [`unix://${path}`] });
    const error = await refusalOf({ listen: [`unix://${path}`] });
    assert.equal(error.code, "in-use");
    assert.match(error.message, /another process serves '.*s\.sock'/);
    await Peer.join({ path });
    assert.equal(server.ports().length, 1);
  });

  test("that is no socket is refused, and left as it was", async (t) => {
    const path = join(temporaryFolder(t), "precious");
    writeFileSync(path, "data");
    const error = await refusalOf({ listen: [`unix://${path}`] });
    assert.equal(error.code, "in-use");
    assert.match(error.message, /exists and is no socket/);
    assert.equal(readFileSync(path, "utf8"), "data");
  });

  test("in a folder that does not exist is refused in words", async (t) => {
    const error = await refusalOf({ listen: [`unix://${temporaryFolder(t)}/no/s.sock`] });
    assert.equal(error.code, "usage");
    assert.match(error.message, /ENOENT.*folder does not exist/);
  });

  test("below a file instead of a folder is refused in words", async (t) => {
    const file = join(temporaryFolder(t), "file");
    writeFileSync(file, "");
    const error = await refusalOf({ listen: [`unix://${file}/s.sock`] });
    assert.equal(error.code, "usage");
    assert.match(error.message, /ENOTDIR/);
  });

  test("has the mode and the group that were asked for", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    const group = process.getuid!() === 0 ? "daemon" : String(process.getgid!());
    await TestServer.start(t, { listen: [`unix://${path}?mode=0660&group=${group}`] });
    const facts = statSync(path);
    assert.equal(facts.mode & 0o777, 0o660);
    const id = /^daemon:[^:]*:(\d+):/m.exec(readFileSync("/etc/group", "utf8"))?.[1];
    assert.equal(facts.gid, process.getuid!() === 0 ? Number(id) : process.getgid!());
  });

  test("takes a group by number", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    const group = process.getgid!();
    await TestServer.start(t, { listen: [`unix://${path}?group=${group}`] });
    assert.equal(statSync(path).gid, group);
  });

  test("with a group that does not exist is refused, and nothing is left listening", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    const error = await refusalOf({ listen: [`unix://${path}?group=no-such-group`] });
    assert.equal(error.code, "usage");
    assert.match(error.message, /no group 'no-such-group'/);
    await eventually(() => !existsSync(path), "the path's end", 500);
  });

  test("that is stale but cannot be removed is refused in words", async (t) => {
    const path = await staleSocket(t);
    const folder = join(path, "..");
    chmodSync(path, 0o666);
    chmodSync(folder, 0o555);
    const error = await asNobody(() => refusalOf({ listen: [`unix://${path}`] }));
    chmodSync(folder, 0o755);
    assert.equal(error.code, "no-permission");
    assert.match(error.message, /cannot remove .*s\.sock.* \(EACCES\)/);
  });

  test("that may not be looked at is refused in words", async (t) => {
    const folder = temporaryFolder(t);
    chmodSync(folder, 0o700);
    const error = await asNobody(() => refusalOf({ listen: [`unix://${folder}/s.sock`] }));
    assert.equal(error.code, "no-permission");
    assert.match(error.message, /EACCES/);
  });
});

/** A Unix socket whose server has died without cleaning up. */
async function staleSocket(t: TestContext): Promise<string> {
  const path = join(temporaryFolder(t), "s.sock");
  const { spawn } = await import("node:child_process");
  const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  const child = spawn(process.execPath, ["-e", script]);
  await new Promise((resolve) => child.on("exit", resolve));
  return path;
}

/** Runs `work` without root's rights, where the test has them. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid!() !== 0) return work();
  process.setegid!(65_534);
  process.seteuid!(65_534);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
    process.setegid!(0);
  }
}

describe("many connections", () => {
  test("beyond --max-ports they are closed at once and counted, silent ones included", async (t) => {
    const server = await TestServer.start(t, { maxPorts: 3 });
    const first = await server.join();
    const silent = [await server.connect(), await server.connect()];
    await eventually(() => server.server.snapshot().connections === 3, "three connections");
    for (let times = 0; times < 20; times++) {
      const beyond = await server.connect();
      await beyond.ended();
      assert.deepEqual(beyond.records, []);
    }
    assert.equal(server.server.snapshot().turnedAway, 20);
    const logged = server.warnings().filter((line) => /turned away: raise --max-ports/.test(line));
    assert.ok(logged.length >= 1 && logged.length <= 10, `${logged.length} lines`);
    silent[0]!.destroy();
    await eventually(() => server.server.snapshot().connections === 2, "room");
    const next = await server.join();
    first.send(frame());
    await next.gotFrames(1);
  });

  test("10,000 connects without a byte leave the server alive, and its memory flat", {
    timeout: 60_000,
  }, async (t) => {
    const server = await TestServer.start(t, { maxPorts: 300, keepalive: 100_000 });
    const a = await server.join();
    const b = await server.join();
    await connectMany(server.port(), 2_000);
    const before = memory();
    await connectMany(server.port(), 8_000);
    await eventually(() => server.server.snapshot().connections === 2, "the end of them all");
    const grown = memory() - before;
    assert.ok(grown < 24e6, `${(grown / 1e6).toFixed(1)} MB more`);
    a.send(frame());
    await b.gotFrames(1);
    assert.ok(server.ports().length === 2);
    assert.ok(server.lines.length < 3_000, `${server.lines.length} lines logged`);
  });

  test("200 of 200 refused clients read why", { timeout: 30_000 }, async (t) => {
    const server = await TestServer.start(t);
    const refused = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const peer = await server.connect();
        peer.say(hello({ network: "nowhere" }));
        // What it sends on top must not turn the answer into a reset.
        peer.send(frame({ length: 9_000 }), frame({ length: 9_000 }));
        const answer = await peer.heard(20_000);
        await peer.ended();
        return `${answer["type"]} ${answer["code"]} ${answer["message"]}`;
      }),
    );
    assert.deepEqual(
      new Set(refused),
      new Set(["refuse unknown-network there is no network 'nowhere' here: ask whoever runs the server"]),
    );
    await eventually(() => server.server.snapshot().connections === 0, "the end of them all");
    assert.equal(server.server.snapshot().ends["unknown-network"], 200);
    assert.ok(server.warnings().length <= 20, "the log is not flooded");
  });
});

/** Opens connections fifty at a time, says nothing, and closes them again. */
async function connectMany(port: number, count: number): Promise<void> {
  for (let done = 0; done < count; done += 50) {
    await Promise.all(Array.from({ length: 50 }, () => connectOnce(port)));
  }
}

function connectOnce(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port }, () => socket.resetAndDestroy());
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
  });
}

function memory(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().rss;
}

describe("bad peers", () => {
  const garbage: [string, Buffer][] = [
    ["text", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["zeros", Buffer.alloc(5_000)],
    ["ones", Buffer.alloc(5_000, 0xff)],
    ["an oversize record", record(0, Buffer.alloc(69_633))],
    ["a record of length 0", Buffer.alloc(4)],
    ["a truncated record", records(frame({ length: 1_000 })).subarray(0, 500)],
    ["an invalid hello", message({ type: "hello", version: "one" })],
    ["a hello of another version", message(hello({ version: 99 }))],
    ["a broken message", message("{{{{")],
    ["an offload record with a header that does not fit", record(1, Buffer.alloc(60, 0xff))],
    ["a frame with a group address as source", records(frame({ from: "ff:ff:ff:ff:ff:ff" }))],
  ];

  test("disturb nobody: what two others exchange meanwhile arrives whole", { timeout: 30_000 }, async (t) => {
    const server = await TestServer.start(t);
    const a = await server.join({ name: "a" });
    const b = await server.join({ name: "b" });
    b.send(frame({ from: mac(2) }));
    await a.gotFrames(1);
    const sent = Array.from({ length: 600 }, (_, salt) =>
      frame({ to: mac(2), from: mac(1), length: 60 + ((salt * 37) % 1_400), salt }),
    );
    let stop = false;
    const vandals = garbage.map(async ([, bytes]) => {
      while (!stop) {
        const peer = await server.connect();
        peer.socket.end(bytes);
        await peer.ended();
      }
    });
    for (let at = 0; at < sent.length; at += 20) {
      a.send(...sent.slice(at, at + 20));
      await quiet(10);
    }
    stop = true;
    await b.gotFrames(sent.length);
    await Promise.all(vandals);
    // A vandal that counts as a raw peer may have its frames flooded to others, as any raw peer.
    const received = b.frames.filter((one) => one.subarray(6, 12).equals(sent[0]!.subarray(6, 12)));
    assert.deepEqual(received, sent);
    const port = server.ports().find(({ name }) => name === "b")!;
    assert.equal(port.counters.drops.queue, 0);
    await eventually(() => server.server.snapshot().connections === 2, "the vandals' end");
    assert.equal(server.ports().length, 2);
    assert.ok(server.server.snapshot().ends["protocol"]! > 0);
    assert.ok(server.server.snapshot().ends["version"]! > 0);
  });

  for (const [what, bytes] of garbage.slice(0, 9)) {
    test(`${what} is counted and logged with a reason`, async (t) => {
      const server = await TestServer.start(t);
      const peer = await server.connect();
      peer.socket.end(bytes);
      await peer.ended();
      await eventually(() => server.server.snapshot().connections === 0, "the end");
      const { ends } = server.server.snapshot();
      assert.deepEqual(Object.values(ends), [1]);
      assert.ok(!("end" in ends) && !("system" in ends), JSON.stringify(ends));
      const line = server.lines.find(({ level }) => level >= 40)!;
      assert.match(line.msg, /ended before it had a port/);
      assert.equal(typeof line["why"], "string");
      assert.equal(
        line["peer"],
        `127.0.0.1:${peer.socket.localPort}`.replace("undefined", String(line["peer"]).split(":")[1]!),
      );
    });
  }

  test("a peer that never reads is bounded, and the others' frames flow on", {
    timeout: 30_000,
  }, async (t) => {
    const server = await TestServer.start(t);
    const stuck = await server.join({ name: "stuck" });
    const a = await server.join({ name: "a" });
    const b = await server.join({ name: "b" });
    stuck.socket.pause();
    const batch = Array.from({ length: 100 }, (_, salt) => frame({ from: mac(1), length: 1_514, salt }));
    for (let turn = 0; turn < 150; turn++) {
      a.send(...batch);
      await b.gotFrames((turn + 1) * batch.length);
    }
    const ports = Object.fromEntries(server.ports().map((port) => [port.name, port]));
    assert.ok(ports["stuck"]!.counters.drops.queue > 0, "the stuck port drops");
    assert.ok(ports["stuck"]!.queuedBytes <= 576 * 1_024);
    assert.equal(ports["b"]!.counters.drops.queue, 0);
  });
});

describe("stopping", { concurrency: true }, () => {
  test("says bye to every native session and closes all, quickly", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    const server = await TestServer.start(t, { listen: ["tcp://127.0.0.1:0", `unix://${path}`] });
    const natives = [await server.join(), await Peer.join({ path })];
    const raw = await server.connect();
    raw.send(frame());
    await eventually(() => server.ports().length === 3, "three ports");
    const since = performance.now();
    await server.server.stop();
    assert.ok(performance.now() - since < 500);
    for (const peer of natives) {
      assert.deepEqual(await peer.heard(), {
        type: "bye",
        code: "shutdown",
        message: "the server is stopping",
      });
      await peer.ended();
    }
    await raw.ended();
    assert.equal(raw.messages.length, 0);
    assert.equal(existsSync(path), false);
    await assert.rejects(server.connect(), /ECONNREFUSED/);
  });

  test("waits less than two seconds for those who do not take their bye, and lets nobody stay", async (t) => {
    const server = await TestServer.start(t, { listen: ["tcp://127.0.0.1:0?raw=no", "tcp://127.0.0.1:0"] });
    const stuck = await server.join({}, 0);
    stuck.socket.pause();
    const silentNative = await server.connect(0);
    const silentRaw = await server.connect(1);
    await eventually(() => server.server.snapshot().connections === 3, "three connections");
    const since = performance.now();
    await server.server.stop();
    assert.ok(performance.now() - since < 1_900, `${performance.now() - since} ms`);
    await silentNative.ended(500);
    await silentRaw.ended(500);
    await eventually(() => server.server.snapshot().connections === 0, "the end of all", 500);
  });

  test("does not depend on the clock that is passed in", async (t) => {
    const server = await TestServer.start(t, {}, new ManualClock());
    const stuck = await server.join();
    stuck.socket.pause();
    let stopped = false;
    void server.server.stop().then(() => {
      stopped = true;
    });
    await eventually(() => stopped, "the stop", 2_500);
  });

  test("may be asked for twice", async (t) => {
    const server = await TestServer.start(t);
    await Promise.all([server.server.stop(), server.server.stop()]);
  });
});
