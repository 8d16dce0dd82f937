import assert from "node:assert/strict";
import { test } from "node:test";
import { EVENTS_PER_SECOND, EventHub, KEPT_EVENTS } from "../../src/control/event-hub.js";
import type { EventView } from "../../src/control/inspect-api.js";

function heardBy(hub: EventHub): EventView[] {
  const heard: EventView[] = [];
  hub.subscribe((event) => heard.push(event));
  return heard;
}

test("tells each event to whoever listens, numbered and with the time of day", () => {
  const hub = new EventHub(() => Date.UTC(2026, 0, 2, 3, 4, 5));
  const heard = heardBy(hub);
  hub.publish("port-up", { network: "blue", port: "web" }, "up");
  hub.publish("kicked", {}, "gone");
  assert.deepEqual(heard, [
    { seq: 1, at: "2026-01-02T03:04:05.000Z", type: "port-up", network: "blue", port: "web", message: "up" },
    { seq: 2, at: "2026-01-02T03:04:05.000Z", type: "kicked", message: "gone" },
  ]);
});

test("is heard while somebody listens, and not before or after", () => {
  const hub = new EventHub(Date.now);
  assert.equal(hub.isHeard, false);
  const leave = hub.subscribe(() => assert.fail("has left"));
  assert.equal(hub.isHeard, true);
  leave();
  hub.publish("port-up", {}, "up");
  assert.equal(hub.isHeard, false);
});

test("tells so many of one type in a second, and then how many more there were", () => {
  const hub = new EventHub(Date.now);
  const heard = heardBy(hub);
  for (let count = 0; count < EVENTS_PER_SECOND + 7; count++) hub.publish("mac-learned", {}, "new");
  hub.publish("port-down", {}, "down");
  assert.equal(heard.length, EVENTS_PER_SECOND + 1, "another type has a budget of its own");
  assert.equal(hub.admits("mac-learned"), false);
  hub.tick();
  const told = heard.at(-1)!;
  assert.equal(told.type, "mac-learned");
  assert.equal(told.leftOut, 8);
  hub.publish("mac-learned", {}, "new");
  assert.equal(heard.at(-1)!.leftOut, undefined);
  hub.tick();
  assert.equal(heard.length, EVENTS_PER_SECOND + 3, "nothing was left out this time");
});

test("keeps the last of each type, so that a flood of one does not push out the others", () => {
  const hub = new EventHub(Date.now);
  hub.publish("auth-failed", {}, "who was that?");
  for (let second = 0; second < 10; second++) {
    for (let count = 0; count < EVENTS_PER_SECOND; count++) hub.publish("mac-moved", {}, "moved");
    hub.tick();
  }
  const past = hub.past(1_000);
  assert.equal(past.length, KEPT_EVENTS + 1);
  assert.equal(past[0]!.type, "auth-failed");
});

test("answers the last ones in the order in which they happened, as far as they fit", () => {
  const hub = new EventHub(Date.now);
  hub.publish("port-up", { network: "a" }, "1");
  hub.publish("port-down", { network: "b" }, "2");
  hub.publish("port-up", { network: "a" }, "3");
  const said = (events: EventView[]): string[] => events.map(({ message }) => message);
  assert.deepEqual(said(hub.past(2)), ["2", "3"]);
  assert.deepEqual(said(hub.past(9, ({ network }) => network === "a")), ["1", "3"]);
  assert.deepEqual(hub.past(0), []);
});
