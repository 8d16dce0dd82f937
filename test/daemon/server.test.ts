import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseServeConfig } from "../../src/config/serve-config.js";
import { Server } from "../../src/daemon/server.js";
import { eventually, ManualClock, quiet } from "../support/clock.js";
import { frame, hello, Peer } from "../support/peers.js";
import { recordedLog, refusalOf, TestServer, temporaryFolder } from "../support/server.js";

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
