/** What a running server takes over, option by option: each that is live has its case here. */
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { connectControl } from "../../../src/control/control-client.js";
import { SERVE_RELOAD } from "../../../src/daemon/reload/serve-reload.js";
import { eventually } from "../../support/clock.js";
import { FarEnd } from "../../support/far-end.js";
import { BROADCAST, frame } from "../../support/frames.js";
import { Reloadable } from "../../support/reloadable.js";
import { temporaryFolder } from "../../support/server.js";
import { GUARD_CASES } from "./guard-cases.js";
import { LOOP_CASES } from "./loop-cases.js";

const LLDP = "01:80:c2:00:00:0e";
const LISTENER = "02:00:00:00:77:78";
const SPEAKER = "02:00:00:00:77:77";

/** For each live option a change of it, and what is different then. */
const CASES: Record<string, (t: TestContext) => Promise<void>> = {
  listen: async (t) => {
    const one = await Reloadable.start(t);
    const stays = await one.join();
    const path = join(temporaryFolder(t), "s.sock");
    const { applied } = await one.change({ listen: ["tcp://127.0.0.1:0", `unix://${path}`] });
    assert.deepEqual(applied, [`listen: added unix://${path}`]);
    assert.ok(statSync(path).isSocket());
    const gone = await one.change({ listen: ["tcp://127.0.0.1:0"] });
    assert.deepEqual(gone.applied, [`listen: removed unix://${path}`]);
    assert.equal(statSync(path, { throwIfNoEntry: false }), undefined);
    await aliveStill(one, stays);
  },
  attach: async (t) => {
    const ends = ["a.sock", "b.sock", "c.sock"].map((name) => FarEnd.make(t, name));
    for (const end of ends) await end.open();
    const [a, b, c] = ends as [FarEnd, FarEnd, FarEnd];
    const one = await Reloadable.start(t, { attach: [a.url, b.url] });
    const [stays, goes] = [await a.peer(), await b.peer()];
    const { applied } = await one.change({ attach: [a.url, `${c.url}?vlan=7`] });
    assert.deepEqual(applied, [`attach: removed ${b.url}`, `attach: added ${c.url}`]);
    await goes.ended();
    await c.peer();
    const changed = await one.change({ attach: [a.url, `${c.url}?vlan=8`] });
    assert.deepEqual(changed.applied, [`attach: changed ${c.url}`]);
    await c.peer(1);
    // Another first network is where those who name none go.
    await one.change({ network: ["other"], attach: [a.url] });
    await stays.ended();
    await a.peer(1);
    assert.deepEqual(one.server.network("other")!.switch.ports.length, 1);
  },
  network: async (t) => {
    const one = await Reloadable.start(t);
    const stays = await one.join();
    const added = await one.change({ network: ["default", "blue"] });
    assert.deepEqual(added.applied, ["network: added blue"]);
    const blue = await one.join({ network: "blue" });
    await one.change({ network: ["default"] });
    assert.equal((await blue.heard())["code"], "network-gone");
    assert.equal(one.server.network("blue"), undefined);
    await aliveStill(one, stays);
  },
  networks: async (t) => {
    const one = await Reloadable.start(t);
    const { applied } = await one.change({ networks: { default: { mtu: 9000 }, red: null } });
    assert.ok(applied.includes("network: added red"));
    assert.equal((await one.join()).welcome["mtu"], 9000);
    assert.equal((await one.join({ network: "red" })).welcome["mtu"], 1500);
  },
  ports: async (t) => {
    const one = await Reloadable.start(t);
    const [here, there] = [await one.join({ name: "here" }), await one.join({ name: "there" })];
    const lan = one.server.network("default")!.switch;
    const shown = (): string[] => lan.snapshot().ports.map(({ vlans, macs }) => `${vlans || "all"} ${macs}`);
    here.send(frame({ to: BROADCAST, from: SPEAKER }));
    there.send(frame({ to: BROADCAST, from: LISTENER }));
    await eventually(() => lan.table.size === 2, "two addresses");
    await one.change({ ports: { "h*": { trunk: "1-5", native: 9, macLimit: 7 } } });
    assert.deepEqual(shown(), ["trunk 1-5 native 9 0", "all 1"], "the other port keeps its address");
    assert.deepEqual(
      lan.ports.map(({ place }) => place.limit),
      [7, 4_096],
    );
    await one.change({ ports: {}, networks: { default: { ports: { there: { isolated: true } } } } });
    assert.deepEqual(
      lan.ports.map(({ horizons }) => horizons),
      [0, 1],
    );
    await aliveStill(one, here);
    await aliveStill(one, there);
  },
  ...GUARD_CASES,
  mtu: async (t) => {
    const one = await Reloadable.start(t);
    const stays = await one.join();
    await one.change({ mtu: 1400 });
    assert.deepEqual(await stays.heard(), { type: "settings", mtu: 1400 });
    assert.equal((await one.join()).welcome["mtu"], 1400);
    await aliveStill(one, stays);
  },
  maxPorts: async (t) => {
    const one = await Reloadable.start(t);
    const stays = await one.join();
    await one.change({ maxPorts: 1 });
    await (await one.connect()).ended();
    await one.change({ maxPorts: 3 });
    await one.join();
    await aliveStill(one, stays);
  },
  macLimit: async (t) => {
    const one = await Reloadable.start(t);
    const [talker] = [await one.join(), await one.join()];
    const table = one.server.network("default")!.switch.table;
    const speak = (from: number, to: number): void => {
      for (let host = from; host < to; host++)
        talker.send(frame({ to: BROADCAST, from: `02:00:00:00:01:${host.toString(16).padStart(2, "0")}` }));
    };
    speak(16, 24);
    await eventually(() => table.size === 8, "eight addresses");
    await one.change({ macLimit: 3 });
    assert.equal(table.size, 3);
    speak(32, 40);
    await eventually(() => table.lookup(0, 0x0200, 0x00000127) !== undefined, "the last address");
    assert.equal(table.size, 3);
  },
  age: async (t) => {
    const one = await Reloadable.start(t);
    await one.change({ age: 60 });
    assert.equal(one.server.network("default")!.switch.table.ageMs, 60_000);
  },
  keepalive: async (t) => {
    const one = await Reloadable.start(t);
    const earlier = await one.join();
    await one.change({ keepalive: 100 });
    const later = await one.join();
    assert.equal(later.welcome["keepaliveMs"], 100);
    await later.ended();
    await aliveStill(one, earlier);
  },
  forwardReserved: async (t) => {
    const one = await Reloadable.start(t);
    const [sender, receiver] = [await one.join(), await one.join()];
    await one.change({ forwardReserved: ["lldp"] });
    sender.send(frame({ to: LLDP, from: SPEAKER }));
    await receiver.gotFrames(1);
    await one.change({ forwardReserved: undefined });
    sender.send(frame({ to: LLDP, from: SPEAKER }), frame({ to: BROADCAST, from: SPEAKER }));
    assert.equal((await receiver.gotFrames(2)).length, 2);
  },
  multicast: async (t) => {
    const one = await Reloadable.start(t);
    const stays = await one.join();
    const { multicast } = one.server.network("default")!.watched.protections;
    await one.change({ multicast: { queryInterval: 60 } });
    const first = multicast.snooping;
    assert.ok(first !== null);
    await one.change({ multicast: { queryInterval: 60 }, mtu: 1400 });
    assert.equal(multicast.snooping, first, "the same settings: it knows what it knew");
    await one.change({ networks: { default: { multicast: { snooping: false } } } });
    assert.equal(multicast.snooping, null);
    await stays.heard();
    await aliveStill(one, stays);
  },
  ...LOOP_CASES,
  insecure: async (t) => {
    const one = await Reloadable.start(t);
    const exposed = ["tcp://127.0.0.1:0", "tcp://0.0.0.0:0"];
    await assert.rejects(one.change({ listen: exposed }), { code: "usage" });
    await one.change({ insecure: true });
    assert.equal(one.server.bound.length, 2);
    await assert.rejects(one.change({ insecure: false }), { code: "usage" });
    assert.equal(one.server.bound.length, 2, "nothing changes");
  },
  advertise: async (t) => {
    const state = temporaryFolder(t);
    const one = await Reloadable.start(t, { state });
    await one.change({ advertise: "switch.example:1" });
    const desk = (await connectControl(join(state, "control.sock")))!;
    const grant = { network: "default", macs: [], ips: [], sessions: 1 };
    const { url } = await desk.invite({ grant, expiresMs: 60_000, uses: 1 });
    assert.match(url, /^tapswitch:\/\/switch\.example:1\//);
  },
  group: async (t) => {
    const state = temporaryFolder(t);
    const one = await Reloadable.start(t, { state });
    const path = join(state, "control.sock");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    await one.change({ group: String(process.getgid!()) });
    assert.equal(statSync(path).mode & 0o777, 0o660);
    await assert.rejects(one.change({ group: "no-such-group" }), { code: "usage" });
    await one.change({ group: undefined });
    assert.equal(statSync(path).mode & 0o777, 0o600);
  },
  logLevel: async (t) => {
    const one = await Reloadable.start(t);
    await one.change({ logLevel: "warn" });
    const before = one.said().length;
    await one.join();
    assert.ok(one.said().length === before, one.said().slice(before).join());
  },
};

describe("a running server takes over, and who is connected stays so", { concurrency: 4 }, () => {
  const live = Object.entries(SERVE_RELOAD).filter(([, how]) => how === "live");
  for (const [key] of live) test(key, async (t) => CASES[key]!(t));

  test("each that is said to be live", () => {
    assert.deepEqual(Object.keys(CASES).sort(), live.map(([key]) => key).sort());
  });
});

describe("a listener whose options change", { concurrency: 4 }, () => {
  test("keeps its address, and sends those away who would come in elsewhere now", async (t) => {
    const one = await Reloadable.start(t, { network: ["default", "blue"] });
    const port = one.port();
    const guest = await one.join();
    const { applied } = await one.change({ listen: ["tcp://127.0.0.1:0/blue"] });
    assert.deepEqual(applied, [`listen: changed tcp://127.0.0.1:${port}/blue`]);
    assert.equal((await guest.heard())["code"], "moved");
    assert.equal(one.port(), port);
    assert.equal((await one.join()).welcome["network"], "blue");
  });

  test("and a silent connection that has said nothing yet goes too", async (t) => {
    const one = await Reloadable.start(t);
    const silent = await one.connect();
    await eventually(() => one.server.snapshot().connections === 1, "the connection");
    await one.change({ listen: ["tcp://127.0.0.1:0?raw=no"] });
    await silent.ended();
  });

  test("changes the rights of its path and nothing else, where that is all", async (t) => {
    const path = join(temporaryFolder(t), "s.sock");
    const one = await Reloadable.start(t, { listen: ["tcp://127.0.0.1:0", `unix://${path}?mode=0600`] });
    const inode = statSync(path).ino;
    await one.change({ listen: ["tcp://127.0.0.1:0", `unix://${path}?mode=0666`] });
    assert.deepEqual([statSync(path).mode & 0o777, statSync(path).ino], [0o666, inode]);
  });
});

describe("what cannot be had", { concurrency: 4 }, () => {
  test("changes nothing at all", async (t) => {
    const [one, other] = [await Reloadable.start(t), await Reloadable.start(t)];
    const path = join(temporaryFolder(t), "s.sock");
    const taken = `tcp://127.0.0.1:${other.port()}`;
    const wanted = { mtu: 1400, network: ["blue"], listen: ["tcp://127.0.0.1:0", `unix://${path}`, taken] };
    await assert.rejects(one.change(wanted), { code: "in-use" });
    assert.equal(one.server.bound.length, 1);
    assert.equal(statSync(path, { throwIfNoEntry: false }), undefined);
    assert.equal((await one.join()).welcome["mtu"], 1500);
    assert.equal(one.server.network("blue"), undefined);
  });

  test("a first tls:// is named as needing a restart, and all else happens", async (t) => {
    const one = await Reloadable.start(t);
    const report = await one.change({ listen: ["tcp://127.0.0.1:0", "tls://127.0.0.1:0"], mtu: 1400 });
    assert.deepEqual(report.applied, ["mtu: 1500, now 1400"]);
    assert.match(report.restart.join(), /^listen: tls:\/\/127\.0\.0\.1:0/);
    assert.equal(one.server.bound.length, 1);
  });

  test("state and control need a restart, are named each time, and keep their values", async (t) => {
    const one = await Reloadable.start(t);
    for (let time = 0; time < 2; time++)
      assert.deepEqual(await one.change({ state: "/elsewhere" }), { applied: [], restart: ["state"] });
    const values = await one.server.desk.api.calls.config!({});
    const state = [...(values as Iterable<{ option: string; value: unknown }>)].find(
      ({ option }) => option === "state",
    );
    assert.equal(state?.value, null);
  });
});

/** The peer's port is there, and frames reach it. */
async function aliveStill(one: Reloadable, peer: Awaited<ReturnType<Reloadable["join"]>>): Promise<void> {
  const other = await one.join({ instance: `other-instance-${Math.random()}` });
  const before = peer.frames.length;
  other.send(frame({ to: BROADCAST, from: "02:00:00:00:99:99" }));
  await peer.gotFrames(before + 1);
}
