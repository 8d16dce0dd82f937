import assert from "node:assert/strict";
import { test } from "node:test";
import { eventLine } from "../../src/cli/event-line.js";
import { lookOf } from "../../src/cli/format/look.js";
import type { EventView } from "../../src/control/inspect-api.js";

const event: EventView = {
  seq: 7,
  at: "2026-01-01T10:00:00.123Z",
  type: "port-up",
  network: "blue",
  port: "web",
  message: "up: 203.0.113.7:40112",
};
const plain = lookOf({}, {});

test("an event is one line: when, what kind, where, and the sentence", () => {
  const local = new Date(event.at);
  const hour = String(local.getHours()).padStart(2, "0");
  assert.match(
    eventLine(event, plain),
    new RegExp(
      `^\\d{4}-\\d\\d-\\d\\d ${hour}:\\d\\d:00\\.123 {2}port-up {11}blue/web: up: 203\\.0\\.113\\.7:40112$`,
    ),
  );
});

test("an event of the whole process names no network", () => {
  const { network: _, port: __, ...rest } = event;
  assert.match(eventLine({ ...rest, type: "config-reloaded" }, plain), /config-reloaded {3}up: /);
});

test("what a peer has put into an event is harmless", () => {
  const line = eventLine({ ...event, message: "bye: \x1b[2J\nport-up" }, plain);
  assert.match(line, /bye: \ufffd\[2J\ufffdport-up$/);
});
