import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameCursor } from "../../../src/frame/frame-cursor.js";
import { DEFAULT_STORM_LIMITS, type StormLimits } from "../../../src/switch/storm/storm-limits.js";
import { StormMeter } from "../../../src/switch/storm/storm-meter.js";
import { BROADCAST, frame, MULTICAST, macOf } from "../../support/frames.js";
import { largeRecord, noise, record, tcpSpec } from "../../support/frames-offload.js";

const FREE = { frames: Number.POSITIVE_INFINITY, bits: Number.POSITIVE_INFINITY };
const UNBOUNDED: StormLimits = { broadcast: FREE, multicast: FREE, unknown: FREE };

function cursorAt(bytes: Buffer): FrameCursor {
  const cursor = new FrameCursor();
  cursor.open(bytes, 0, bytes.length);
  cursor.next();
  return cursor;
}

function to(address: string, size = 60): FrameCursor {
  return cursorAt(record(0, frame({ to: address, from: macOf(1) }, size)));
}

/** How many of these pass at `now`, of 100,000. */
function passing(meter: StormMeter, one: FrameCursor, now: number): number {
  let count = 0;
  for (let tries = 0; tries < 100_000; tries++) if (meter.admits(one, now)) count++;
  return count;
}

test("bounds each kind by itself, in frames", () => {
  const meter = new StormMeter({
    broadcast: { ...FREE, frames: 1_000 },
    multicast: { ...FREE, frames: 2_000 },
    unknown: { ...FREE, frames: 4_000 },
  });
  assert.equal(passing(meter, to(BROADCAST), 0), 500);
  assert.equal(passing(meter, to(MULTICAST), 0), 1_000);
  assert.equal(passing(meter, to(macOf(9)), 0), 2_000);
  assert.equal(passing(meter, to(BROADCAST), 100), 100);
  assert.deepEqual(meter.refused, { broadcast: 199_400, multicast: 99_000, unknown: 98_000 });
});

test("bounds bytes as well", () => {
  const meter = new StormMeter({ ...UNBOUNDED, broadcast: { ...FREE, bits: 80e6 } });
  assert.equal(passing(meter, to(BROADCAST, 1_000), 0), 5_000);
  assert.equal(passing(meter, to(BROADCAST, 100), 10), 1_000);
});

test("a frame that one bound refuses uses up nothing of the other", () => {
  const meter = new StormMeter({ ...UNBOUNDED, broadcast: { frames: 1_000, bits: 80e6 } });
  assert.equal(passing(meter, to(BROADCAST, 59_000), 0), 84);
  assert.equal(passing(meter, to(BROADCAST, 60), 0), 500 - 84);
});

test("counts a segment as the frames that it becomes", () => {
  const meter = new StormMeter({ ...UNBOUNDED, unknown: { ...FREE, frames: 1_000 } });
  const segment = cursorAt(largeRecord(tcpSpec({ payload: noise(40_000, 1) }), 1_000));
  assert.equal(passing(meter, segment, 0), 12);
  assert.equal(meter.refused.unknown, (100_000 - 12) * 40);
});

test("bounds nothing that has no bound, and lets nothing pass where the bound is 0", () => {
  const meter = new StormMeter({ ...UNBOUNDED, unknown: { ...FREE, frames: 0 } });
  assert.equal(passing(meter, to(BROADCAST), 0), 100_000);
  assert.equal(passing(meter, to(macOf(9)), 0), 0);
});

test("by default a host may ask for all of a /16 in ten seconds, and send a gigabit to a silent one", () => {
  const meter = new StormMeter(DEFAULT_STORM_LIMITS);
  let [asked, sent] = [0, 0];
  for (let now = 0; now < 10_000; now++) {
    for (let count = 0; count < 6; count++) if (meter.admits(to(BROADCAST), now)) asked++;
    for (let count = 0; count < 10; count++) if (meter.admits(to(macOf(9), 9_000), now)) sent += 9_000;
  }
  assert.equal(asked, 60_000);
  assert.equal(sent, 900_000_000);
});
