/** A join as a switch with an uplink: local peers, a server, and each without the other. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, type TestContext, test } from "node:test";
import { networkSettings, parseServeConfig } from "../../../src/config/serve-config.js";
import { Server } from "../../../src/daemon/server.js";
import { eventually } from "../../support/clock.js";
import { FarEnd } from "../../support/far-end.js";
import { TestJoin } from "../../support/joiner.js";
import { BROADCAST, frame, mac, Peer } from "../../support/peers.js";
import { recordedLog, TestServer, temporaryFolder } from "../../support/server.js";

const [A, B, FAR] = [mac(1), mac(2), mac(3)];

function urlOf(server: TestServer): string {
  return `tcp://127.0.0.1:${server.port()}`;
}

/** Sends until one has come: a raw peer is a port only when it has spoken, or after a second. */
async function hears(to: Peer, from: Peer, sent: Buffer): Promise<void> {
  const count = to.frames.filter((one) => one.equals(sent)).length;
  await eventually(
    () => {
      from.send(sent);
      return to.frames.filter((one) => one.equals(sent)).length > count;
    },
    () => `a frame of ${sent.subarray(6, 12).toString("hex")} at the other`,
  );
}

async function serverAt(t: TestContext, port: number): Promise<Server> {
  const server = new Server(parseServeConfig({ listen: [`tcp://127.0.0.1:${port}`] }), recordedLog().log);
  await server.start();
  t.after(() => server.stop());
  return server;
}

describe("a join without a device", () => {
  test("connects its local peers with each other and, by one session, with all others", async (t) => {
    const server = await TestServer.start(t);
    const one = await TestJoin.start(t, urlOf(server));
    await one.up();
    const [a, b, far] = [await one.connect(), await one.connect(), await server.join()];
    await hears(far, a, frame({ from: A }));
    await hears(a, b, frame({ from: B, to: A }));
    await hears(a, far, frame({ from: FAR, to: A }));
    assert.equal(server.ports().length, 2);
    // What is between local peers stays there.
    await hears(b, a, frame({ from: A, to: B, salt: 7 }));
    assert.ok(!far.frames.some((got) => got.equals(frame({ from: A, to: B, salt: 7 }))));
    assert.deepEqual(
      one.ports.map(({ name }) => name),
      ["uplink", "raw-unix", "raw-unix-2"],
    );
  });

  test("serves its local peers while the server is away, and all others again when it is back", async (t) => {
    const first = await TestServer.start(t);
    const port = first.port();
    const one = await TestJoin.start(t, `tcp://127.0.0.1:${port}`);
    await one.up();
    const [a, b] = [await one.connect(), await one.connect()];
    await hears(b, a, frame({ from: A }));
    await first.server.stop();
    await one.down();
    for (let salt = 0; salt < 20; salt++) await hears(a, b, frame({ from: B, to: A, salt }));
    await serverAt(t, port);
    await one.up();
    assert.equal(a.closed || b.closed, false);
    const far = await Peer.join({ host: "127.0.0.1", port });
    await hears(far, a, frame({ from: A, salt: 99 }));
    await hears(b, far, frame({ from: FAR, to: B, salt: 99 }));
  });

  test("begins to serve its local peers before there is any server", async (t) => {
    const one = await TestJoin.start(t, "tcp://127.0.0.1:1");
    const [a, b] = [await one.connect(), await one.connect()];
    await hears(b, a, frame({ from: A }));
  });

  test("lets native clients in, and tells them the network's MTU, also when it changes", async (t) => {
    const server = await TestServer.start(t, { mtu: 1_400 });
    const one = await TestJoin.start(t, urlOf(server));
    await one.up();
    const guest = await Peer.join({ path: one.path }, { name: "inner" });
    assert.deepEqual([guest.welcome["mtu"], guest.welcome["name"]], [1_400, "inner"]);
    server.server.network("default")!.configure({
      ...networkSettings(parseServeConfig({}), "default"),
      mtu: 1_300,
    });
    assert.deepEqual(await guest.heard(), { type: "settings", mtu: 1_300 });
  });

  test("shows its ports, listeners and wires, and lets them be kicked", async (t) => {
    const server = await TestServer.start(t);
    const end = FarEnd.make(t);
    await end.open();
    const one = await TestJoin.start(t, urlOf(server), { attach: [end.url] });
    await one.up();
    const peer = await one.connect();
    peer.send(frame({ from: A }));
    await eventually(() => one.ports.length === 3, "three ports");
    const status = await one.joiner.desk.api.calls.status!({});
    assert.deepEqual(
      status.listeners.map(({ url, raw }) => [url, raw]),
      [[`unix://${one.path}`, true]],
    );
    assert.deepEqual(
      status.wires.map(({ url, state }) => [url, state]),
      [[end.url, "up"]],
    );
    assert.deepEqual([status.connections, status.devices, status.uplinks.length], [2, [], 1]);
    await one.joiner.desk.api.calls.kick!({ port: "raw-unix" });
    await peer.ended();
  });

  test("takes other listeners and wires over while it runs", async (t) => {
    const server = await TestServer.start(t);
    const [end, more] = [FarEnd.make(t, "a.sock"), FarEnd.make(t, "b.sock")];
    await end.open();
    await more.open();
    const one = await TestJoin.start(t, urlOf(server), { attach: [end.url] });
    await one.up();
    const stays = await end.peer();
    const other = `${one.path}-2`;
    const { applied } = await one.change({
      listen: [`unix://${one.path}`, `unix://${other}`],
      attach: [end.url, more.url],
    });
    assert.deepEqual(applied, [`listen: added unix://${other}`, `attach: added ${more.url}`]);
    const [a, b] = [await one.connect(other), await more.peer()];
    await hears(b, a, frame({ from: A }));
    await one.change({ listen: [`unix://${one.path}`], attach: [end.url] });
    await a.ended();
    await b.ended();
    assert.equal(stays.closed, false);
    assert.equal(existsSync(other), false);
    assert.equal(one.joiner.uplink.reconnects, 0);
  });

  test("runs its hooks with the facts that there are", async (t) => {
    const server = await TestServer.start(t);
    const out = `${temporaryFolder(t)}/out`;
    const up = `echo "$TAPSWITCH_EVENT/$TAPSWITCH_DEVICE/$TAPSWITCH_MTU/$TAPSWITCH_NETWORK" > ${out}.new; mv ${out}.new ${out}`;
    await TestJoin.start(t, urlOf(server), { up });
    await eventually(() => existsSync(out), "the hook");
    assert.equal(readFileSync(out, "utf8"), "up//1500/default\n");
  });

  test("answers the tests of others", async (t) => {
    const server = await TestServer.start(t);
    const [one, other] = [
      await TestJoin.start(t, urlOf(server), { name: "one" }),
      await TestJoin.start(t, urlOf(server), { name: "other" }),
    ];
    await one.up();
    await other.up();
    const lines: string[] = [];
    await new Promise<void>((resolve) => {
      void one.joiner.desk.api.streams.test!(
        { target: "other", seconds: 1 },
        {
          write: (line) => lines.push(String(line)) > 0,
          end: resolve,
          waitingBytes: 0,
          gone: new AbortController().signal,
        },
      );
    });
    assert.match(lines.at(-1)!, /"type":"result"/, lines.join(""));
  });

  test("says good-bye to everyone and takes its socket away at its end", async (t) => {
    const server = await TestServer.start(t);
    const one = await TestJoin.start(t, urlOf(server));
    await one.up();
    const peer = await one.connect();
    one.joiner.stop();
    assert.equal(await one.ended, null);
    await peer.ended();
    assert.equal(existsSync(one.path), false);
    await eventually(() => server.ports().length === 0, "the server to see it leave");
  });
});

test("a broadcast of one local peer reaches the others and the uplink once", async (t) => {
  const server = await TestServer.start(t);
  const one = await TestJoin.start(t, urlOf(server));
  await one.up();
  const [a, b, far] = [await one.connect(), await one.connect(), await server.join()];
  await hears(b, a, frame({ from: A }));
  a.send(frame({ from: A, to: BROADCAST, salt: 5 }));
  const copies = (peer: Peer): number =>
    peer.frames.filter((got) => got.equals(frame({ from: A, to: BROADCAST, salt: 5 }))).length;
  await eventually(() => copies(b) > 0 && copies(far) > 0, "both to hear it");
  assert.deepEqual([copies(a), copies(b), copies(far)], [0, 1, 1]);
});
