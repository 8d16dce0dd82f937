import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createIdentity } from "../../src/session/identity.js";
import { eventually, quiet } from "../support/clock.js";
import { frame, hello, mac } from "../support/peers.js";
import { secureServer } from "../support/secure.js";
import { TestServer } from "../support/server.js";

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
    const before = await memory();
    await connectMany(server.port(), 8_000);
    await eventually(() => server.server.snapshot().connections === 2, "the end of them all");
    const grown = (await memory()) - before;
    assert.ok(grown < 6e6, `${(grown / 1e6).toFixed(1)} MB more`);
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

/** Bytes in use after garbage collections: what is resident tells more of the allocator than of us. */
async function memory(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let times = 0; times < 5; times++) {
    collect();
    await quiet(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe("a crowd that comes at once", () => {
  test("has no more connections than --max-ports after its TLS handshakes either", async (t) => {
    const server = await secureServer(t, { maxPorts: 2 });
    const identity = createIdentity();
    const peers = await Promise.all(
      Array.from({ length: 6 }, () => server.connect(identity).catch(() => null)),
    );
    const gone = (): number => peers.filter((peer) => peer === null || peer.closed).length;
    await eventually(() => gone() === 4, "four to be turned away");
    const { connections, turnedAway } = server.test.server.snapshot();
    assert.deepEqual([connections, turnedAway], [2, 4]);
  });

  test("of addresses that move leaves a few lines in the log", async (t) => {
    const server = await TestServer.start(t);
    const [one, other] = [await server.connect(), await server.connect()];
    const frames = Array.from({ length: 500 }, (_, index) => frame({ from: mac(1_000 + index) }));
    for (const [peer, count] of [
      [one, 500],
      [other, 1_000],
    ] as const) {
      peer.send(...frames);
      const received = (): number => server.ports().reduce((sum, port) => sum + port.counters.framesIn, 0);
      await eventually(() => received() === count, `${count} frames`);
    }
    assert.equal(server.said.filter((line) => line === "address moved").length, 10);
  });
});
