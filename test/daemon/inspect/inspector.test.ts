/** A server and what can be asked of it, over its own control socket. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { DROP_REASONS } from "../../../src/frame/drop-reason.js";
import { createIdentity } from "../../../src/session/identity.js";
import { eventually } from "../../support/clock.js";
import { inspectable } from "../../support/inspectable.js";
import { frame, mac } from "../../support/peers.js";
import { secureServer } from "../../support/secure.js";
import { temporaryFolder } from "../../support/server.js";

/** Two networks, each with a peer called "web" that has spoken once. */
async function twins(t: TestContext) {
  const { test: server, client } = await inspectable(t, { network: ["red", "blue"] });
  const red = await server.join({ network: "red", name: "web" });
  const blue = await server.join({ network: "blue", name: "web" });
  red.send(frame({ from: mac(1) }));
  blue.send(frame({ from: mac(2) }));
  await eventually(() => server.ports("red")[0]!.macs + server.ports("blue")[0]!.macs === 2, "the addresses");
  return { server, client, red, blue };
}

describe("status", () => {
  test("says what the process is, and what it has", async (t) => {
    const unix = join(temporaryFolder(t), "vm.sock");
    const { test: server, client } = await inspectable(t, {
      listen: ["tcp://127.0.0.1:0", `unix://${unix}`],
    });
    await server.join();
    const status = await client.status({});
    assert.equal(status.role, "serve");
    assert.equal(status.pid, process.pid);
    assert.match(status.version, /^\d+\.\d+\.\d+/);
    assert.equal(status.connections, 1);
    assert.deepEqual(status.listeners, [
      { url: server.server.bound[0], raw: true, encrypted: false, exposed: false },
      { url: server.server.bound[1], raw: true, encrypted: false, exposed: false },
    ]);
    assert.deepEqual(status.networks, await client.networks({}));
    assert.ok(Math.abs(Date.parse(status.at) - Date.now()) < 10_000);
    assert.ok(Date.parse(status.startedAt) <= Date.parse(status.at));
  });

  test("counts what a network has carried, ports included that are gone", async (t) => {
    const { test: server, client } = await inspectable(t);
    const peer = await server.join();
    peer.send(frame(), frame());
    await eventually(() => server.ports()[0]!.counters.framesIn === 2, "the frames");
    peer.destroy();
    await eventually(() => server.ports().length === 0, "the end");
    const [network] = await client.networks({});
    assert.deepEqual([network!.framesIn, network!.bytesIn, network!.ports], [2, 120, 0]);
  });
});

describe("ports", () => {
  test("are told with who is behind them, since when, and what they carry", async (t) => {
    const { test: server, code, hello, desk } = await secureServer(t);
    const identity = createIdentity();
    const grant = { vlan: 7, name: "printer" };
    const { peer } = await hello(identity, { code: await code(grant), capabilities: { offload: ["csum"] } });
    peer.send(frame());
    await eventually(() => server.ports()[0]!.counters.framesIn === 1, "the frame");
    const [port] = await desk.ports({});
    const { since, peer: from, member, ...rest } = port!;
    assert.equal(member, `key:${identity.fingerprint}`);
    assert.match(from!, /^127\.0\.0\.1:\d+$/);
    assert.ok(Math.abs(Date.parse(since) - Date.now()) < 10_000, since);
    assert.deepEqual(rest, {
      ...{ network: "default", id: 1, name: "printer", kind: "tls", up: true, vlan: 7, offload: ["csum"] },
      ...{ state: "forwarding", heldBy: null, role: null, vlans: "7" },
      ...{ macs: 1, macsEvicted: 0, queuedBytes: 0, framesIn: 1, bytesIn: 60, framesOut: 0, bytesOut: 0 },
      floods: 1,
      drops: Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])),
    });
  });

  test("are those of one network where that is named", async (t) => {
    const { client } = await twins(t);
    assert.equal((await client.ports({})).length, 2);
    assert.deepEqual(
      (await client.ports({ network: "blue" })).map(({ network }) => network),
      ["blue"],
    );
    await assert.rejects(client.ports({ network: "green" }), {
      code: "not-found",
      message: /only red, blue/,
    });
  });
});

describe("addresses", () => {
  test("are found by network, port, VLAN and MAC", async (t) => {
    const { client } = await twins(t);
    const found = async (filter: Parameters<typeof client.fdb>[0]): Promise<string[]> =>
      (await client.fdb(filter)).map((one) => `${one.network} ${one.mac} ${one.portName}`);
    const [red, blue] = [`red ${mac(1)} web`, `blue ${mac(2)} web`];
    assert.deepEqual(await found({}), [red, blue]);
    assert.deepEqual(await found({ network: "blue" }), [blue]);
    assert.deepEqual(await found({ port: "1" }), [red, blue]);
    assert.deepEqual(await found({ port: "web", network: "red" }), [red]);
    assert.deepEqual(await found({ vlan: 0, mac: mac(2).toUpperCase() }), [blue]);
    assert.deepEqual(await found({ vlan: 1 }), []);
    await assert.rejects(client.fdb({ port: "9" }), { code: "not-found" });
  });

  test("that are static stay with the port's name, also while it is away", async (t) => {
    const { server, client, red } = await twins(t);
    const wanted = { network: "red", mac: mac(9), vlan: 0, portName: "web", ageMs: 0, static: true };
    const added = await client.addStatic({ network: "red", mac: mac(9), port: "web" });
    assert.deepEqual(added, { ...wanted, port: 1 });
    assert.deepEqual(await client.fdb({ mac: mac(9) }), [{ ...wanted, port: 1 }]);
    red.destroy();
    await eventually(() => server.ports("red").length === 0, "the end");
    assert.deepEqual(await client.fdb({ mac: mac(9) }), [{ ...wanted, port: 0 }]);
    assert.deepEqual(await client.fdb({ mac: mac(9), vlan: 3 }), []);
    await server.join({ network: "red", name: "web" });
    assert.deepEqual(await client.fdb({ mac: mac(9) }), [{ ...wanted, port: 1 }]);
    await client.removeStatic({ network: "red", mac: mac(9) });
    assert.deepEqual(await client.fdb({ mac: mac(9) }), []);
    await assert.rejects(client.addStatic({ mac: mac(9), port: "web" }), {
      code: "usage",
      message: /red, blue/,
    });
  });

  test("are forgotten as far as asked for, but for static ones", async (t) => {
    const { client } = await twins(t);
    await client.addStatic({ network: "red", mac: mac(9), port: "web" });
    assert.deepEqual(await client.flush({ vlan: 5 }), { forgotten: 0 });
    assert.deepEqual(await client.flush({ network: "blue", port: "web" }), { forgotten: 1 });
    assert.deepEqual(await client.flush({}), { forgotten: 1 });
    assert.deepEqual(
      (await client.fdb({})).map((one) => one.mac),
      [mac(9)],
    );
  });
});

describe("kick", () => {
  test("says why, and lets the peer come back", async (t) => {
    const { server, client, red } = await twins(t);
    await assert.rejects(client.kick({ port: "web" }), { code: "usage", message: /red and blue/ });
    const { kicked } = await client.kick({ network: "red", port: "web", reason: "tidying up" });
    assert.deepEqual(
      kicked.map(({ network, id, name }) => [network, id, name]),
      [["red", 1, "web"]],
    );
    assert.deepEqual(await red.heard(), { type: "bye", code: "kicked", message: "tidying up" });
    assert.equal(server.ports("red").length, 0);
    await server.join({ network: "red", name: "web" });
  });

  test("takes a number before a name, which anyone can choose", async (t) => {
    const { test: server, client } = await inspectable(t);
    const [first, second] = [await server.join({ name: "2" }), await server.join({ name: "victim" })];
    await client.kick({ port: "2" });
    await second.ended();
    assert.equal(first.closed, false);
    await client.kick({ port: "1" });
    await first.ended();
    await assert.rejects(client.kick({ port: "1" }), { code: "not-found" });
  });

  test("ends a raw peer too", async (t) => {
    const { test: server, client } = await inspectable(t);
    const raw = await server.connect();
    raw.send(frame());
    await eventually(() => server.ports().length === 1, "the port");
    await client.kick({ port: "1" });
    await raw.ended();
  });
});

describe("what one process does not answer", () => {
  test("is said to be missing, and why", async (t) => {
    const { client } = await inspectable(t);
    await assert.rejects(client.members({}), { code: "not-found", message: /neither a tls:\/\/ listener/ });
  });
});

test("the log's level changes while it runs, also for what networks say", async (t) => {
  const { test: server, client } = await inspectable(t);
  await client.setLogLevel({ level: "warn" });
  assert.equal((await client.status({})).logLevel, "warn");
  const before = server.lines.length;
  (await server.join()).destroy();
  await eventually(() => server.ports().length === 0, "the end");
  assert.equal(server.lines.length, before);
});
