/** The library as a program has it that embeds a switch. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import {
  addUplink,
  connect,
  createSwitch,
  framesIn,
  type Link,
  MemoryLink,
  type OwnSwitch,
  toRecords,
} from "tapswitch";
import { eventually } from "../../support/clock.js";
import { frame, mac, Peer } from "../../support/peers.js";
import { TestServer } from "../../support/server.js";

/** What is heard at the end of a link. */
function watch(link: Link) {
  const state = { heard: [] as Buffer[], ended: false };
  const nothing = (): void => undefined;
  link.start({
    batch: (batch) => void state.heard.push(...framesIn(batch)),
    ...{ drain: nothing, dropped: nothing },
    close: () => {
      state.ended = true;
    },
  });
  return state;
}

function host(lan: OwnSwitch, name: string) {
  const [end, jack] = MemoryLink.pair();
  lan.attach(jack, { name });
  const { heard } = watch(end);
  const say = (...frames: Buffer[]): void => {
    const bytes = toRecords(frames);
    end.send(bytes, 0, bytes.length);
  };
  return { heard, say };
}

function ownSwitch(t: TestContext): OwnSwitch {
  const lan = createSwitch({ name: "lan" });
  t.after(() => lan.close());
  return lan;
}

describe("frames and records", () => {
  test("are each other's copies", () => {
    const frames = [14, 60, 69_632].map((length, salt) => frame({ length, salt }));
    const bytes = toRecords(frames);
    assert.deepEqual([...framesIn({ bytes, start: 0, end: bytes.length })], frames);
    assert.deepEqual([...framesIn({ bytes, start: 18, end: 18 + 64 })], [frames[1]]);
  });

  test("are refused where they cannot be", () => {
    assert.throws(() => toRecords([frame(), Buffer.alloc(13)]), /a frame has 14 to 69632 bytes, not 13/);
    assert.throws(() => toRecords([Buffer.alloc(69_633)]), RangeError);
  });
});

describe("a switch of one's own", () => {
  test("switches, ages by itself, and ends all of its links when it is closed", async () => {
    const lan = createSwitch({ ageMs: 500 });
    const [alice, bob] = [host(lan, "alice"), host(lan, "bob")];
    alice.say(frame({ from: mac(1) }));
    await eventually(() => bob.heard.length === 1, "the frame");
    assert.equal(lan.table.size, 1);
    await eventually(() => lan.table.size === 0, "the end of an address");
    const [end, jack] = MemoryLink.pair();
    const carol = watch(end);
    lan.attach(jack, { name: "carol" });
    lan.close();
    lan.close();
    await eventually(() => carol.ended, "the end of the link");
    assert.equal(lan.ports.length, 0);
  });
});

describe("a connection", () => {
  test("is a link to a server's network, and says good-bye at its end", async (t) => {
    const server = await TestServer.start(t, { network: ["default", "lab"] });
    const link = await connect(`${server.server.bound[0]}/lab`, { name: "embedded" });
    assert.deepEqual([link.welcome.network, link.welcome.name, link.kind], ["lab", "embedded", "tcp"]);
    const { heard } = watch(link);
    const peer = await Peer.join({ host: "127.0.0.1", port: server.port() }, { network: "lab" });
    t.after(() => peer.destroy());
    peer.send(frame());
    await eventually(() => heard.length === 1, "the frame");
    link.close();
    await eventually(() => server.ports("lab").length === 1, "the end of its port");
  });

  test("stays alive while nothing else is said", async (t) => {
    const server = await TestServer.start(t, { keepalive: 1_000 });
    const link = await connect(server.server.bound[0]!);
    const state = watch(link);
    const begun = performance.now();
    await eventually(() => performance.now() - begun > 3_000, "three times the limit");
    assert.equal(state.ended, false);
    assert.equal(server.ports().length, 1);
    link.close();
  });

  test("is refused with the server's reason, and before that with one's own", async (t) => {
    const server = await TestServer.start(t);
    await assert.rejects(connect(`${server.server.bound[0]}/nowhere`), { code: "unknown-network" });
    await assert.rejects(connect("tcp://127.0.0.1:1"), { code: "unreachable" });
    await assert.rejects(connect("nonsense"), { code: "bad-endpoint" });
  });
});

describe("an uplink", () => {
  test("is a port that stays while sessions come and go", async (t) => {
    const first = await TestServer.start(t);
    const url = first.server.bound[0]!;
    const lan = ownSwitch(t);
    const uplink = await addUplink(lan, url, { name: "embedded" });
    t.after(() => uplink.close());
    assert.deepEqual(
      [uplink.welcome.name, uplink.port.name, uplink.snapshot().state],
      ["embedded", "uplink", "up"],
    );
    const alice = host(lan, "alice");
    await first.server.stop();
    await eventually(() => uplink.snapshot().state !== "up", "the loss");
    const second = await TestServer.start(t, { listen: [url] });
    await eventually(() => uplink.snapshot().state === "up", "another session", 20_000);
    const peer = await second.join();
    t.after(() => peer.destroy());
    alice.say(frame({ from: mac(1), salt: 2 }));
    assert.deepEqual(await peer.gotFrames(1), [frame({ from: mac(1), salt: 2 })]);
    uplink.close();
    await eventually(() => second.ports().length === 1, "the end of its port");
    assert.equal(lan.ports.length, 1);
  });

  test("leaves no port behind where it cannot be", async (t) => {
    const server = await TestServer.start(t);
    const lan = ownSwitch(t);
    await assert.rejects(addUplink(lan, `${server.server.bound[0]}/nowhere`), { code: "unknown-network" });
    const signal = AbortSignal.timeout(50);
    await assert.rejects(addUplink(lan, "tcp://127.0.0.1:1", { signal }), { code: "unreachable" });
    assert.equal(lan.ports.length, 0);
  });
});
