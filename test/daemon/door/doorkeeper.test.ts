import assert from "node:assert/strict";
import { test } from "node:test";
import { Doorkeeper, type DoorLimits, sourceOf } from "../../../src/daemon/door/doorkeeper.js";
import { ManualClock, quiet } from "../../support/clock.js";

const LIMITS: DoorLimits = {
  deadlineMs: 5_000,
  visits: 10,
  visitsPerSource: 3,
  handshakesPerSecond: 100,
  handshakeBurst: 2,
};

function doorkeeper(clock = new ManualClock(), limits: Partial<DoorLimits> = {}) {
  const shut: [string, number][] = [];
  const shutOut = (source: string, ms: number): void => void shut.push([source, ms]);
  return { door: new Doorkeeper({ clock, limits: { ...LIMITS, ...limits }, shutOut }), clock, shut };
}

test("bounds visits for each source and in all, and makes room when one ends or is admitted", () => {
  const { door } = doorkeeper();
  const visits = [1, 2, 3].map(() => door.enter("10.0.0.1"));
  assert.ok(visits.every((visit) => visit !== null));
  assert.equal(door.enter("10.0.0.1"), null);
  visits[0]!.admitted();
  assert.notEqual(door.enter("10.0.0.1"), null);
  for (let host = 2; host <= 4; host++) for (let count = 0; count < 3; count++) door.enter(`10.0.0.${host}`);
  assert.equal(door.visits, 10);
  assert.equal(door.enter("10.0.0.9"), null);
  visits[1]!.ended();
  visits[1]!.ended();
  assert.equal(door.visits, 9);
  assert.notEqual(door.enter("10.0.0.9"), null);
});

test("shuts a failing source out for a growing while, and nobody else", () => {
  const { door, clock, shut } = doorkeeper();
  for (let count = 0; count < 5; count++) door.enter("10.0.0.1")!.ended();
  assert.deepEqual(shut, []);
  for (const pause of [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
    door.enter("10.0.0.1")!.ended();
    assert.deepEqual(shut.at(-1), ["10.0.0.1", pause]);
    clock.advance(pause - 1);
    assert.equal(door.enter("10.0.0.1"), null);
    const other = door.enter("10.0.0.2");
    assert.notEqual(other, null);
    other?.admitted();
    clock.advance(1);
  }
});

test("forgets failures once a peer of the source is admitted", () => {
  const { door, shut } = doorkeeper();
  for (let count = 0; count < 5; count++) door.enter("10.0.0.1")!.ended();
  door.enter("10.0.0.1")!.admitted();
  for (let count = 0; count < 5; count++) door.enter("10.0.0.1")!.ended();
  assert.deepEqual(shut, []);
});

test("handshakes take turns at a bounded rate, in the order of arrival", async () => {
  const { door, clock } = doorkeeper();
  const begun: number[] = [];
  const visits = [1, 2, 3, 4].map((host) => door.enter(`10.0.0.${host}`)!);
  for (const [index, visit] of visits.entries()) visit.turn(() => void begun.push(index));
  assert.deepEqual(begun, [0, 1]);
  visits[2]!.ended();
  clock.advance(10);
  await quiet(30);
  assert.deepEqual(begun, [0, 1, 3]);
});

test("a source is an IPv4 address, however it is written, or an IPv6 network of 64 bits", () => {
  assert.equal(sourceOf("::ffff:10.0.0.1"), sourceOf("10.0.0.1"));
  assert.equal(sourceOf("2001:db8:1:2::7"), sourceOf("2001:DB8:1:2:3:4:5:6"));
  assert.equal(sourceOf("fe80::1%eth0"), sourceOf("fe80::2"));
  assert.equal(sourceOf("2001:db8::1"), sourceOf("2001:db8:0:0:1::"));
  assert.notEqual(sourceOf("2001:db8:1:2::7"), sourceOf("2001:db8:1:3::7"));
  assert.notEqual(sourceOf("10.0.0.1"), sourceOf("10.0.0.2"));
});
