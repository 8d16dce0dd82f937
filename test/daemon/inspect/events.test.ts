import assert from "node:assert/strict";
import { test } from "node:test";
import { type ControlClient, readLines } from "../../../src/control/control-client.js";
import { EVENTS, EventView } from "../../../src/control/inspect-api.js";
import { createIdentity } from "../../../src/session/identity.js";
import { eventually } from "../../support/clock.js";
import { inspectable } from "../../support/inspectable.js";
import { frame, mac } from "../../support/peers.js";
import { secureServer } from "../../support/secure.js";

interface Heard {
  readonly events: EventView[];
  has(type: string, message: RegExp): Promise<EventView>;
}

/** Listens from now on, until the test ends. */
async function listen(
  client: ControlClient,
  query: { last?: number; network?: string } = {},
): Promise<Heard> {
  const events: EventView[] = [];
  const open = (await client.status({})).streams.open;
  const lines = readLines(client.read(EVENTS, query), EventView);
  const reading = async (): Promise<void> => {
    for await (const event of lines) events.push(event);
  };
  void reading().catch(() => undefined);
  for (let now = open; now === open; ) now = (await client.status({})).streams.open;
  const find = (type: string, message: RegExp): EventView | undefined =>
    events.find((event) => event.type === type && message.test(event.message));
  return {
    events,
    has: async (type, message) => {
      await eventually(
        () => find(type, message) !== undefined,
        () => `${type} ${message} in ${JSON.stringify(events)}`,
      );
      return find(type, message)!;
    },
  };
}

test("ports that come and go are told, with what they were", async (t) => {
  const { test: server, client } = await inspectable(t);
  const { has } = await listen(client);
  const peer = await server.join({ name: "web" });
  const up = await has("port-up", /^up: 127\.0\.0\.1:\d+$/);
  assert.equal(up.network, "default");
  assert.equal(up.port, "web");
  peer.destroy();
  await has("port-down", /^down: /);
});

test("addresses are told as they are learned, while somebody listens, and as they move", async (t) => {
  const { test: server, client } = await inspectable(t);
  const [one, other] = [await server.join({ name: "one" }), await server.join({ name: "other" })];
  one.send(frame({ from: mac(1) }));
  await eventually(() => server.ports()[0]!.macs === 1, "the address");
  const { events, has } = await listen(client, { last: 100 });
  one.send(frame({ from: mac(2) }));
  const learned = await has("mac-learned", /behind one/);
  assert.equal(learned.mac, mac(2));
  other.send(frame({ from: mac(1) }));
  await has("mac-moved", /from one to other/);
  assert.equal(events.filter(({ type }) => type === "mac-learned").length, 1, "nobody listened at the first");
});

test("a flood of new addresses is told by a few, and a count of the rest", async (t) => {
  const { test: server, client } = await inspectable(t);
  const peer = await server.join();
  const { events, has } = await listen(client);
  for (let from = 0; from < 2_000; from++) peer.send(frame({ from: mac(from) }));
  await has("mac-learned", /more of this type/);
  assert.ok(events.length < 500, `${events.length} events`);
  const told = events.filter(({ type }) => type === "mac-learned");
  const count = (): number => told.reduce((sum, { leftOut = 1 }) => sum + leftOut, 0);
  assert.ok(count() <= 2_000);
});

test("who is not let in is told", async (t) => {
  const { hello, desk } = await secureServer(t);
  const { has } = await listen(desk);
  await hello(createIdentity(), { code: "wrongwrongwrongwrongwr" });
  await has("auth-failed", /^127\.0\.0\.1:\d+ was not let in: /);
});

test("what an administrator does is told too", async (t) => {
  const { test: server, client } = await inspectable(t);
  await server.join({ name: "web" });
  const { has } = await listen(client);
  await client.addStatic({ mac: mac(7), port: "web" });
  assert.equal((await has("fdb-changed", /put behind web for good/)).mac, mac(7));
  await client.flush({});
  await has("fdb-changed", /0 learned addresses flushed/);
  await client.reload({});
  await has("config-reloaded", /nothing has changed/);
  await client.kick({ port: "web", reason: "enough" });
  await has("kicked", /was sent away: enough/);
  assert.match((await has("port-down", /enough/)).message, /enough/);
});

test("past events are told to who comes later, as many as asked for", async (t) => {
  const { test: server, client } = await inspectable(t);
  for (const name of ["one", "two", "three"]) await server.join({ name });
  const past: EventView[] = [];
  const stream = client.read(EVENTS, { last: 2, follow: "false" });
  for await (const event of readLines(stream, EventView)) past.push(event);
  assert.deepEqual(
    past.map(({ port, type }) => `${port} ${type}`),
    ["two port-up", "three port-up"],
  );
});
