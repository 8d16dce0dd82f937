/** What a server's sessions and its networks do together, over real sockets. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NAME_PATTERN } from "../../src/session/messages.js";
import { eventually, ManualClock, quiet } from "../support/clock.js";
import { frame, hello, mac, type Peer } from "../support/peers.js";
import { TestServer } from "../support/server.js";

/** Lets the switch learn that `address` lives behind `peer`: a broadcast that the others see. */
async function announce(peer: Peer, address: string, others: Peer[]): Promise<void> {
  const counts = others.map((other) => other.frames.length);
  peer.send(frame({ from: address }));
  for (const [index, other] of others.entries()) await other.gotFrames(counts[index]! + 1);
}

describe("between sessions", () => {
  test("frames pass between native and raw peers on one listener", async (t) => {
    const server = await TestServer.start(t);
    const native = await server.join({ name: "native" });
    const raw = await server.connect();
    const hi = frame({ from: mac(2), salt: 1 });
    raw.send(hi);
    assert.deepEqual(await native.gotFrames(1), [hi]);
    const answer = frame({ to: mac(2), from: mac(1), salt: 2 });
    native.send(answer);
    assert.deepEqual(await raw.gotFrames(1), [answer]);
    assert.deepEqual(
      server.ports().map(({ name, kind }) => [name, kind]),
      [
        ["native", "tcp"],
        ["raw-tcp", "tcp"],
      ],
    );
  });

  test("a silent raw peer hears floods after a second", async (t) => {
    const server = await TestServer.start(t);
    const silent = await server.connect();
    const native = await server.join();
    await eventually(() => server.ports().length === 2, "the silent peer's port");
    const flood = frame({ from: mac(1) });
    native.send(flood);
    assert.deepEqual(await silent.gotFrames(1), [flood]);
    assert.equal(silent.messages.length, 0);
  });

  test("a silent raw peer that says hello late is native, and the raw port is gone", async (t) => {
    const server = await TestServer.start(t);
    const late = await server.connect();
    await eventually(() => server.ports().length === 1, "the raw port");
    late.say(hello({ name: "late" }));
    const welcome = await late.heard();
    assert.equal(welcome["type"], "welcome");
    assert.deepEqual(
      server.ports().map(({ name }) => name),
      ["late"],
    );
    const other = await server.join();
    other.send(frame({ from: mac(3) }));
    await late.gotFrames(1);
  });

  test("nothing comes back to the one who sent it", async (t) => {
    const server = await TestServer.start(t);
    const a = await server.join();
    const b = await server.join();
    await announce(a, mac(1), [b]);
    assert.deepEqual(a.frames, []);
  });

  test("a port goes when its peer leaves, and its addresses with it", async (t) => {
    const server = await TestServer.start(t);
    const a = await server.join();
    const b = await server.join();
    await announce(a, mac(1), [b]);
    a.destroy();
    await eventually(() => server.ports().length === 1, "the end of the port");
    assert.equal(server.server.network("default")!.switch.table.size, 0);
    assert.equal(server.server.snapshot().connections, 1);
  });

  test("networks share nothing", async (t) => {
    const server = await TestServer.start(t, { network: ["blue", "red"] });
    const blue = await server.join({ network: "blue" });
    const red = await server.join({ network: "red" });
    const unnamed = await server.join();
    assert.equal(unnamed.welcome["network"], "blue");
    blue.send(frame({ from: mac(1) }));
    await unnamed.gotFrames(1);
    await quiet(30);
    assert.deepEqual(red.frames, []);
  });
});

describe("a welcome", () => {
  test("tells what was granted", async (t) => {
    const server = await TestServer.start(t, { mtu: 9_000, keepalive: 4_000 });
    const {
      welcome: { time, ...welcome },
    } = await server.join({ name: "host-1", mtu: 9_000 });
    assert.ok(Math.abs((time as number) - Date.now()) < 60_000, `the server's time: ${time}`);
    assert.deepEqual(welcome, {
      type: "welcome",
      version: 1,
      network: "default",
      port: 1,
      name: "host-1",
      mtu: 9_000,
      keepaliveMs: 4_000,
      capabilities: { offload: ["csum", "tso4", "tso6", "ecn", "uso"] },
      grant: { macs: [], ips: [], macLimit: 4_096 },
      warnings: [],
    });
  });

  test("gives each port a name of its own, which is always one that a client can read", async (t) => {
    const server = await TestServer.start(t);
    const long = "n".repeat(63);
    const given: string[] = [];
    for (const name of ["web", "web", "web", long, long, undefined, undefined]) {
      const { welcome } = await server.join(name === undefined ? {} : { name });
      given.push(welcome["name"] as string);
    }
    assert.equal(new Set(given).size, given.length, given.join(" "));
    assert.deepEqual(given.slice(0, 3), ["web", "web-2", "web-3"]);
    for (const name of given) assert.match(name, NAME_PATTERN);
  });

  test("warns on both sides when the device's MTU is not the network's", async (t) => {
    const server = await TestServer.start(t);
    const { welcome } = await server.join({ name: "jumbo", mtu: 9_000 });
    const [warning] = welcome["warnings"] as string[];
    assert.match(warning!, /MTU is 9000, the network's 1500/);
    assert.deepEqual(server.warnings(), [warning]);
  });

  test("warns on both sides when another live port has the MAC, by its name and with the fix", async (t) => {
    const server = await TestServer.start(t);
    const first = await server.join({ name: "first", mac: mac(7) });
    assert.deepEqual(first.welcome["warnings"], []);
    const second = await server.join({ name: "second", mac: mac(7) });
    const [warning] = second.welcome["warnings"] as string[];
    assert.match(warning!, new RegExp(`${mac(7)} is already that of port 'first': .*--mac`));
    assert.deepEqual(server.warnings(), [warning]);
    second.destroy();
    first.destroy();
    await eventually(() => server.ports().length === 0, "both ports' end");
    const third = await server.join({ mac: mac(7) });
    assert.deepEqual(third.welcome["warnings"], [], "the holder is gone");
  });
});

describe("a second session of the same process", () => {
  const instance = "the-very-same-process";

  test("takes over port number, name, addresses and counters, at once", async (t) => {
    const server = await TestServer.start(t);
    const other = await server.join();
    const first = await server.join({ name: "host", instance });
    await announce(first, mac(1), [other]);
    const before = server.ports().find(({ name }) => name === "host")!;
    const second = await server.join({ name: "host", instance });
    assert.equal(second.welcome["port"], first.welcome["port"]);
    assert.equal(second.welcome["name"], "host");
    await first.ended();
    assert.equal(server.ports().length, 2);
    const known = frame({ to: mac(1), from: mac(2), salt: 3 });
    other.send(known);
    assert.deepEqual(await second.gotFrames(1), [known]);
    const after = server.ports().find(({ name }) => name === "host")!;
    assert.equal(after.macs, 1);
    assert.equal(after.counters.framesIn, before.counters.framesIn);
    assert.equal(after.counters.framesOut, before.counters.framesOut + 1);
    await eventually(() => server.server.snapshot().connections === 2, "the first session's end");
    assert.equal(server.ports().length, 2, "the end of the first session leaves the port alone");
  });

  test("does not warn of its own MAC", async (t) => {
    const server = await TestServer.start(t);
    await server.join({ instance, mac: mac(1) });
    const second = await server.join({ instance, mac: mac(1) });
    assert.deepEqual(second.welcome["warnings"], []);
  });

  test("may replace again and again", async (t) => {
    const server = await TestServer.start(t);
    for (let times = 0; times < 20; times++) {
      const { welcome } = await server.join({ instance });
      assert.equal(welcome["port"], 1);
    }
    await eventually(() => server.server.snapshot().connections === 1, "the earlier sessions' end");
    assert.equal(server.ports().length, 1);
  });

  test("in another network is another port", async (t) => {
    const server = await TestServer.start(t, { network: ["blue", "red"] });
    await server.join({ network: "blue", instance });
    await server.join({ network: "red", instance });
    assert.equal(server.ports("blue").length, 1);
    assert.equal(server.ports("red").length, 1);
  });
});

describe("liveness", { concurrency: true }, () => {
  test("a native peer that is silent for the limit is gone, a raw one stays", async (t) => {
    const clock = new ManualClock();
    const server = await TestServer.start(t, { keepalive: 10_000 }, clock);
    const raw = await server.connect();
    raw.send(frame({ from: mac(9) }));
    const silent = await server.join({ name: "silent" });
    const lively = await server.join({ name: "lively" });
    clock.advance(9_000);
    lively.say({ type: "ping", time: 1 });
    await lively.heard();
    await quiet(1_100);
    assert.equal(server.ports().length, 3);
    clock.advance(1_000);
    await silent.ended(2_000);
    await eventually(() => server.ports().length === 2, "the end of the port");
    assert.deepEqual(
      server.ports().map(({ name }) => name),
      ["raw-tcp", "lively"],
    );
    assert.equal(server.server.snapshot().ends["timeout"], 1);
    assert.match(JSON.stringify(server.lines), /nothing heard for 10000 ms/);
  });

  test("a peer that pings within a short limit stays", async (t) => {
    const server = await TestServer.start(t, { keepalive: 300 });
    const peer = await server.join();
    for (let times = 0; times < 30; times++) {
      peer.say({ type: "ping", time: 1 });
      await quiet(100);
    }
    assert.equal(peer.closed, false);
  });
});
