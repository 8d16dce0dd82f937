import assert from "node:assert/strict";
import { after, beforeEach, describe, mock, test } from "node:test";
import { Carrier } from "../../../src/daemon/device/carrier.js";

const HOLD_MS = 5_000;

function make(holdMs: number | "never") {
  const states: boolean[] = [];
  return { carrier: new Carrier((on) => void states.push(on), holdMs), states };
}

describe("carrier", () => {
  beforeEach(() => {
    mock.timers.reset();
    mock.timers.enable({ apis: ["setTimeout"] });
  });
  after(() => mock.timers.reset());

  test("is not touched before the first session", () => {
    const { states } = make(HOLD_MS);
    mock.timers.tick(60_000);
    assert.deepEqual(states, []);
  });

  test("comes up with a session, and falls only after the hold", () => {
    const { carrier, states } = make(HOLD_MS);
    carrier.up();
    carrier.down();
    mock.timers.tick(HOLD_MS - 1);
    assert.deepEqual(states, [true]);
    mock.timers.tick(1);
    assert.deepEqual(states, [true, false]);
  });

  test("does not fall when a session comes back in time", () => {
    const { carrier, states } = make(HOLD_MS);
    carrier.up();
    carrier.down();
    mock.timers.tick(HOLD_MS - 1);
    carrier.up();
    mock.timers.tick(10 * HOLD_MS);
    assert.ok(!states.includes(false));
  });

  test("counts the hold from the last loss", () => {
    const { carrier, states } = make(HOLD_MS);
    carrier.up();
    for (let flaps = 0; flaps < 5; flaps++) {
      carrier.down();
      mock.timers.tick(HOLD_MS - 1);
      carrier.up();
    }
    carrier.down();
    mock.timers.tick(HOLD_MS - 1);
    assert.ok(!states.includes(false));
    mock.timers.tick(1);
    assert.equal(states.at(-1), false);
  });

  test("falls at once where the hold is 0", () => {
    const { carrier, states } = make(0);
    carrier.up();
    carrier.down();
    mock.timers.tick(1);
    assert.deepEqual(states, [true, false]);
  });

  test("never falls where the hold is 'never'", () => {
    const { carrier, states } = make("never");
    carrier.up();
    carrier.down();
    mock.timers.tick(1e9);
    assert.deepEqual(states, [true]);
  });

  test("is left alone once it is stopped, whatever happens then", () => {
    const { carrier, states } = make(HOLD_MS);
    carrier.up();
    carrier.down();
    carrier.stop();
    carrier.down();
    mock.timers.tick(1e9);
    assert.deepEqual(states, [true]);
  });
});
