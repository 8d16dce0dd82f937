import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TopHistory } from "../../../src/cli/top/top-history.js";
import {
  INITIAL_STATE,
  pressed,
  SORT_KEYS,
  shownFlows,
  type TopState,
} from "../../../src/cli/top/top-state.js";
import { portView, statusView } from "../../support/views.js";

const around = { networks: ["default", "blue"], ports: 50, rows: 20 };

/** The state after the keys, one after the other. */
function after(...keys: string[]): TopState {
  return keys.reduce((state, key) => pressed(state, key, around), INITIAL_STATE);
}

describe("a key", () => {
  test("changes what the ports are sorted by, round and round", () => {
    const seen = SORT_KEYS.map((_, times) => after(...Array<string>(times).fill("s")).sort);
    assert.deepEqual(seen, SORT_KEYS);
    assert.equal(after(...SORT_KEYS.map(() => "s")).sort, "in");
    assert.equal(after("left").sort, "name");
    assert.equal(after("r").reversed, true);
  });

  test("goes through the networks, and back to all", () => {
    assert.deepEqual(
      [["n"], ["n", "n"], ["n", "n", "n"]].map((keys) => after(...keys).network),
      ["default", "blue", null],
    );
  });

  test("scrolls, but never past the first or the last port", () => {
    assert.equal(after("up").scroll, 0);
    assert.equal(after("down", "j", "k").scroll, 1);
    assert.equal(after("pagedown").scroll, 20);
    assert.equal(after("pagedown", "pagedown").scroll, 30);
    assert.equal(after("end").scroll, 30);
    assert.equal(after("end", "pageup", "home").scroll, 0);
    assert.equal(after("end", "s").scroll, 0, "another order begins at its top");
  });

  test("pauses and goes on, helps and helps no more", () => {
    assert.equal(after("space").paused, true);
    assert.equal(after("space", "p").paused, false);
    assert.equal(after("?").help, true);
    assert.equal(after("h", "escape").help, false);
  });

  test("that means nothing changes nothing", () => {
    for (const key of ["x", "", "constructor", "__proto__", "f1"]) assert.equal(after(key), INITIAL_STATE);
  });
});

describe("the ports", () => {
  const history = new TopHistory(60);
  const ports = [
    portView(1, { name: "vm-10", bytesIn: 10, framesOut: 7 }),
    portView(2, { name: "vm-9", bytesIn: 30, macs: 9 }),
    portView(3, { name: "db", network: "blue", bytesOut: 5 }),
  ];
  history.record(
    statusView(),
    [1, 2, 3].map((id) => portView(id, { network: id === 3 ? "blue" : "default" })),
    0,
  );
  const picture = history.record(statusView(), ports, 1_000);
  const names = (state: Partial<TopState>): string[] =>
    shownFlows(picture, { ...INITIAL_STATE, ...state }).map(({ port }) => port.name);

  test("are in the order of the key, the most first, and names as people count", () => {
    assert.deepEqual(names({ sort: "in" }), ["vm-9", "vm-10", "db"]);
    assert.deepEqual(names({ sort: "out" }), ["db", "vm-9", "vm-10"]);
    assert.deepEqual(names({ sort: "frames" }), ["vm-10", "db", "vm-9"]);
    assert.deepEqual(names({ sort: "macs" }), ["vm-9", "db", "vm-10"]);
    assert.deepEqual(names({ sort: "name" }), ["db", "vm-9", "vm-10"]);
    assert.deepEqual(names({ sort: "name", reversed: true }), ["vm-10", "vm-9", "db"]);
  });

  test("are those of the chosen network only", () => {
    assert.deepEqual(names({ network: "blue" }), ["db"]);
  });
});
