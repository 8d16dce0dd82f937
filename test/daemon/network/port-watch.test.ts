import assert from "node:assert/strict";
import { test } from "node:test";
import { EventHub } from "../../../src/control/event-hub.js";
import type { EventView } from "../../../src/control/inspect-api.js";
import { DROPS_PER_SECOND, QUIET_MS } from "../../../src/daemon/network/port-watch.js";
import { WatchedSwitch } from "../../../src/daemon/network/watched-switch.js";
import { ManualClock } from "../../support/clock.js";
import { recordedLog } from "../../support/server.js";

function watchedPort() {
  const clock = new ManualClock();
  const hub = new EventHub(Date.now);
  const one = new WatchedSwitch({ name: "lan", clock, log: recordedLog().log, hub });
  const events: EventView[] = [];
  hub.subscribe((event) => events.push(event));
  const port = one.switch.attach(null, { name: "web", macLimit: 2 });
  const second = (): string[] => {
    clock.advance(1_000);
    one.tick(clock.now());
    hub.tick();
    return events.splice(0).map(({ type, message }) => `${type}: ${message}`);
  };
  return { clock, port, table: one.switch.table, second };
}

test("drops are told where a port loses many in a second, and not where it loses few", () => {
  const { port, second } = watchedPort();
  port.drop("queue", DROPS_PER_SECOND - 1);
  assert.deepEqual(second(), []);
  port.drop("queue", DROPS_PER_SECOND);
  assert.deepEqual(second(), [`drops: ${2 * DROPS_PER_SECOND - 1} frames dropped (queue)`]);
});

test("drops that go on are told once in a while, with all that came between", () => {
  const { port, second } = watchedPort();
  port.drop("rate", 100);
  assert.equal(second().length, 1);
  const told: string[] = [];
  for (let count = 0; count < QUIET_MS / 1_000; count++) {
    port.drop("rate", 100);
    told.push(...second());
  }
  assert.deepEqual(told, ["drops: 1000 frames dropped (rate)"]);
});

test("each reason is told by itself", () => {
  const { port, second } = watchedPort();
  port.drop("queue", 20);
  port.drop("acl", 30);
  assert.deepEqual(second(), ["drops: 20 frames dropped (queue)", "drops: 30 frames dropped (acl)"]);
});

test("a port that has more addresses than it may is told of", () => {
  const { clock, port, table, second } = watchedPort();
  for (let low = 0; low < 5; low++) table.learn(0, 0x0200, low, port.place, clock.now());
  assert.deepEqual(second(), ["mac-limit: 3 addresses pushed out: more than the 2 that this port may have"]);
  assert.deepEqual(second(), []);
});
