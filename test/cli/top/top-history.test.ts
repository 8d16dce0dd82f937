import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TopHistory } from "../../../src/cli/top/top-history.js";
import { networkView, portView, statusView } from "../../support/views.js";

const none = portView().drops;

describe("what top remembers", () => {
  test("is how fast counters grew between two looks", () => {
    const history = new TopHistory(60);
    history.record(statusView({ cpuSeconds: 1 }), [portView()], 0);
    const later = portView(1, { bytesIn: 1_000, framesIn: 10, bytesOut: 500, framesOut: 4 });
    const drops = { ...none, queue: 6 };
    const picture = history.record(statusView({ cpuSeconds: 2 }), [{ ...later, drops }], 2_000);
    const [flow] = picture.flows;
    assert.deepEqual(
      [flow!.bitsIn, flow!.framesIn, flow!.bitsOut, flow!.framesOut, flow!.drops],
      [4_000, 5, 2_000, 2, 3],
    );
    assert.deepEqual(flow!.reasons, { queue: 3 });
    assert.equal(picture.processor, 50);
    assert.deepEqual(picture.courses.get("default"), { in: [4_000], out: [2_000] });
  });

  test("is nothing at the first look", () => {
    const picture = new TopHistory(60).record(statusView(), [portView(1, { bytesIn: 1_000 })], 0);
    assert.equal(picture.flows[0]!.bitsIn, 0);
    assert.deepEqual(picture.flows[0]!.recent, []);
    assert.equal(picture.courses.size, 0);
  });

  test("ends a minute ago", () => {
    const history = new TopHistory(3);
    for (let second = 0; second < 6; second++)
      history.record(statusView(), [portView(1, { bytesIn: 125 * second ** 2 })], second * 1_000);
    const { flows, courses } = history.record(statusView(), [portView(1, { bytesIn: 125 * 36 })], 6_000);
    assert.deepEqual(flows[0]!.recent, [7_000, 9_000, 11_000]);
    assert.deepEqual(courses.get("default")!.in, [7_000, 9_000, 11_000]);
  });

  test("tells ports of one number in two networks apart, and forgets one that is gone", () => {
    const history = new TopHistory(60);
    const status = statusView({ networks: [networkView(), networkView({ name: "blue" })] });
    const blue = portView(1, { network: "blue", bytesIn: 125 });
    history.record(status, [portView(), blue], 0);
    const picture = history.record(status, [portView(1, { bytesIn: 125 }), { ...blue, bytesIn: 375 }], 1_000);
    assert.deepEqual(
      picture.flows.map(({ bitsIn }) => bitsIn),
      [1_000, 2_000],
    );
    const after = history.record(status, [portView(1, { bytesIn: 125 })], 2_000);
    assert.equal(after.flows.length, 1);
    assert.deepEqual(after.courses.get("blue")!.in, [2_000, 0]);
  });

  test("takes a counter that fell for one that began anew", () => {
    const history = new TopHistory(60);
    history.record(statusView({ cpuSeconds: 9 }), [portView(1, { bytesIn: 1_000_000 })], 0);
    const { flows } = history.record(statusView(), [portView(1, { bytesIn: 125 })], 1_000);
    assert.equal(flows[0]!.bitsIn, 1_000);
  });
});
