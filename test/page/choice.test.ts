import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PortView } from "../../src/control/inspect-api.js";
import { busiest, levelOf, matches } from "../../src/page/choice.js";
import { History } from "../../src/page/history.js";
import type { PortState } from "../../src/page/model.js";
import { portView } from "../support/views.js";

function state(id: number, rate: number, fields: Partial<PortView> = {}): PortState {
  const view = portView(id, fields);
  const rates = { in: rate, out: 0 };
  return { key: `default/${id}`, view, rates, smooth: rate, dropRate: 0, history: new History() };
}

const ids = (ports: readonly PortState[]): number[] => ports.map(({ view }) => view.id);

test("the busiest ports are shown by number", () => {
  const ports = [state(1, 5), state(2, 90), state(3, 0), state(4, 70)];
  assert.deepEqual(ids(busiest(ports, 2, new Set())), [2, 4]);
});

test("a port that is shown stays until another is twice as busy", () => {
  const ports = [state(1, 1_000), state(2, 1_500), state(3, 2_500)];
  assert.deepEqual(ids(busiest(ports, 1, new Set(["default/2"]))), [2]);
  assert.deepEqual(ids(busiest(ports, 1, new Set(["default/1"]))), [3]);
});

test("how busy a port is has five steps", () => {
  const rates = [0, 0.5, 1, 9_999, 10_000, 1e6, 99e6, 100e6, 1e12];
  assert.deepEqual(
    rates.map((rate) => levelOf(state(1, rate))),
    [0, 0, 1, 1, 2, 3, 3, 4, 4],
  );
});

describe("a port is found", () => {
  const port = state(7, 0, { name: "Build-VM", peer: "198.51.0.7:40007", member: "key:AbC", kind: "tls" });
  for (const search of ["build", "BUILD-vm", "198.51", "#7", "abc", "tls build", " vm  198 "])
    test(`by '${search}'`, () => assert.ok(matches(port, search)));

  test("by no word that it does not have", () => {
    assert.equal(matches(port, "build blue"), false);
    assert.equal(matches(state(8, 0, { peer: null }), "down"), true);
  });
});
