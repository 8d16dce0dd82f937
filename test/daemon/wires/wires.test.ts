/** Wires of a server: what is attached, what happens when the far end goes, and how they come and go at run time. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { WireView } from "../../../src/control/wire-api.js";
import { MAX_WIRES } from "../../../src/daemon/wires/wires.js";
import { eventually } from "../../support/clock.js";
import { FarEnd } from "../../support/far-end.js";
import { frame, mac } from "../../support/peers.js";
import { Reloadable } from "../../support/reloadable.js";
import { refusalOf, TestServer, temporaryFolder } from "../../support/server.js";

async function wiresOf({ server }: TestServer): Promise<readonly WireView[]> {
  return [...((await server.desk.api.calls.wires!({})) as Iterable<WireView>)];
}

describe("an attached wire", () => {
  test("is a port that is named after its path, and carries frames both ways", async (t) => {
    const end = FarEnd.make(t);
    await end.open();
    const one = await TestServer.start(t, { attach: [end.url] });
    const [vm, host] = [await end.peer(), await one.join()];
    host.send(frame({ from: mac(1) }));
    assert.deepEqual(await vm.gotFrames(1), [frame({ from: mac(1) })]);
    vm.send(frame({ to: mac(1), from: mac(2) }));
    assert.deepEqual(await host.gotFrames(1), [frame({ to: mac(1), from: mac(2) })]);
    const [view] = await wiresOf(one);
    assert.equal(view!.state, "up");
    assert.deepEqual([view!.portName, view!.network, view!.source], ["vm1.sock", "default", "config"]);
  });

  test("waits for a far end that is not there yet, and comes back after each loss to the same port", async (t) => {
    const end = FarEnd.make(t);
    const one = await TestServer.start(t, { attach: [`${end.url}?name=guest`] });
    assert.equal((await wiresOf(one))[0]!.state, "waiting");
    assert.match((await wiresOf(one))[0]!.lastError!, /cannot connect to unix:.*ENOENT/);
    const { id } = one.ports()[0]!;
    for (let round = 0; round < 2; round++) {
      await end.open();
      const vm = await end.peer(round);
      await eventually(() => one.ports()[0]!.kind === "unix", "the port to be up");
      vm.send(frame({ from: mac(7) }));
      await eventually(() => one.ports()[0]!.counters.framesIn === round + 1, "a frame");
      end.close();
      await eventually(() => one.ports()[0]!.kind === null, "the port to be down");
    }
    assert.deepEqual([one.ports()[0]!.id, one.ports()[0]!.name], [id, "guest"]);
    const told = one.server.events.past(100).map(({ type }) => type);
    for (const type of ["wire-failed", "port-up", "port-down"]) assert.ok(told.includes(type as never), type);
  });

  test("tells each reason once", async (t) => {
    const end = FarEnd.make(t);
    const one = await TestServer.start(t, { attach: [end.url] });
    await eventually(() => one.server.switches[0]!.ports.length === 1, "its port");
    let failures = 0;
    await eventually(() => {
      void wiresOf(one).then(([view]) => {
        failures = view!.failures;
      });
      return failures >= 3;
    }, "three failures");
    assert.equal(one.warnings().filter((line) => line.includes("trying again")).length, 1);
  });

  test("keeps to the options of its URL", async (t) => {
    const end = FarEnd.make(t);
    await end.open();
    const one = await TestServer.start(t, { attach: [`${end.url}?vlan=10&mac-limit=1&name=x`] });
    const vm = await end.peer();
    for (const from of [1, 2, 3]) vm.send(frame({ from: mac(from) }));
    await eventually(() => one.ports()[0]!.macsEvicted === 2, "two addresses to be pushed out");
    assert.equal(one.ports()[0]!.vlan, 10);
  });

  test("whose far end sends what is no frame is closed with the reason, and tried again", async (t) => {
    const end = FarEnd.make(t);
    await end.open();
    const one = await TestServer.start(t, { attach: [end.url] });
    (await end.peer()).write(Buffer.alloc(8));
    await end.peer(1);
    await eventually(() => one.ports()[0]!.kind === "unix", "it to be back");
    assert.match((await wiresOf(one))[0]!.lastError!, /length 0/);
    (await end.peer(1)).say({ type: "hello" });
    await end.peer(2);
    assert.match((await wiresOf(one))[0]!.lastError!, /session message/);
  });

  test("ends with the process", async (t) => {
    const end = FarEnd.make(t);
    await end.open();
    const one = await TestServer.start(t, { attach: [end.url] });
    const vm = await end.peer();
    await one.server.stop();
    await vm.ended();
    assert.deepEqual(one.server.switches[0]!.ports, []);
  });

  test("that is kicked comes back to its port", async (t) => {
    const end = FarEnd.make(t);
    await end.open();
    const one = await TestServer.start(t, { attach: [end.url] });
    await end.peer();
    await one.server.desk.api.calls.kick!({ port: "vm1.sock" });
    await end.peer(1);
    await eventually(() => one.ports()[0]?.kind === "unix", "it to be back");
  });
});

describe("a start is refused where no waiting would heal a wire", () => {
  test("a network that is not declared", async () => {
    const { message } = await refusalOf({ attach: ["tap:x?network=blue"] });
    assert.match(message, /tap:x names network 'blue': declare it with --network blue/);
  });

  test("a wire to where the process itself listens", async (t) => {
    const url = `unix://${join(temporaryFolder(t), "a")}`;
    const { message } = await refusalOf({ listen: [url], attach: [url] });
    assert.match(message, /is where this very process listens: a loop/);
  });

  test("two wires to one place", async (t) => {
    const path = join(temporaryFolder(t), "a");
    const { message } = await refusalOf({ attach: [`unix://${path}?name=a`, `unix://${path}?name=b`] });
    assert.match(message, /is attached by attach\[0\] already/);
  });
});

describe("while the process runs", () => {
  test("a wire is attached, found, refused twice, and detached by URL, name or number", async (t) => {
    const end = FarEnd.make(t);
    await end.open();
    const one = await TestServer.start(t, { network: ["default", "blue"] });
    const { attach, detach } = one.server.desk.api.calls;
    for (const [round, by] of [end.url, "guest", "1"].entries()) {
      const view = await attach!({ url: `${end.url}?network=blue&name=guest` });
      assert.deepEqual(
        [view.state, view.network, view.portName, view.source],
        ["up", "blue", "guest", "control"],
      );
      const vm = await end.peer(round);
      await assert.rejects(async () => attach!({ url: `${end.url}?network=blue` }), { code: "in-use" });
      assert.equal((await detach!({ wire: by })).url, end.url);
      await vm.ended();
      assert.deepEqual([await wiresOf(one), one.ports("blue")], [[], []]);
    }
    await assert.rejects(async () => detach!({ wire: "guest" }), { code: "not-found" });
  });

  test("one whose far end is not there yet waits; one that cannot be is refused and leaves no port", async (t) => {
    const end = FarEnd.make(t);
    const one = await TestServer.start(t);
    const { attach } = one.server.desk.api.calls;
    const view = await attach!({ url: end.url });
    assert.match(`${view.state}: ${view.lastError}`, /waiting: cannot connect to .*ENOENT/);
    await end.open();
    await end.peer();
    for (const url of ["tls://h", "tap:a/b", "tap:x?network=red", "nonsense"])
      await assert.rejects(async () => attach!({ url }));
    assert.equal(one.ports().length, 1);
  });

  test("what would lend rights of the process is for the configuration alone", async (t) => {
    const one = await TestServer.start(t);
    for (const url of ["exec:cat", "fd:3", "stdio:"])
      await assert.rejects(async () => one.server.desk.api.calls.attach!({ url }), {
        ...{ code: "usage", message: /is for the configuration alone/ },
      });
    assert.deepEqual(one.ports(), []);
  });

  test("what was attached by hand outlives a reload, and goes with its network", async (t) => {
    const end = FarEnd.make(t);
    await end.open();
    const one = await Reloadable.start(t, { network: ["default", "blue"] });
    await one.server.desk.api.calls.attach!({ url: `${end.url}?network=blue` });
    const vm = await end.peer();
    await one.change({ maxPorts: 7 });
    assert.equal(vm.closed, false);
    await one.change({ network: ["default"] });
    await vm.ended();
    assert.deepEqual([...(await one.server.desk.api.calls.wires!({}))], []);
  });

  test("two wires of one name in two networks are told apart by the network", async (t) => {
    const [a, b] = [FarEnd.make(t, "a"), FarEnd.make(t, "b")];
    const one = await TestServer.start(t, { network: ["default", "blue"] });
    const { attach, detach } = one.server.desk.api.calls;
    await attach!({ url: `${a.url}?name=x` });
    await attach!({ url: `${b.url}?name=x&network=blue` });
    await assert.rejects(async () => detach!({ wire: "x" }), { code: "usage", message: /name the network/ });
    assert.equal((await detach!({ wire: "x", network: "blue" })).url, b.url);
  });

  test("there are so many wires and no more", async (t) => {
    const one = await TestServer.start(t);
    const { attach } = one.server.desk.api.calls;
    const folder = temporaryFolder(t);
    const all = Array.from({ length: MAX_WIRES }, (_, number) =>
      attach!({ url: `unix://${folder}/${number}` }),
    );
    await Promise.all(all);
    await assert.rejects(async () => attach!({ url: `unix://${folder}/more` }), { code: "full" });
  });
});
