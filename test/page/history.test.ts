import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HISTORY_S, History } from "../../src/page/history.js";

const both = (rate: number) => ({ in: rate, out: rate * 2 });

describe("the history of rates", () => {
  test("gives the seconds back, oldest first, and nothing where it knows nothing", () => {
    const history = new History();
    history.add(1_000, both(1));
    history.add(1_001, both(2));
    history.add(1_004, both(5));
    assert.deepEqual(history.series(1_005, 7), [
      [null, 1, 2, null, null, 5, null],
      [null, 2, 4, null, null, 10, null],
    ]);
  });

  test("forgets what is older than it keeps, however long nothing came", () => {
    const history = new History();
    history.add(5, both(1));
    history.add(5 + HISTORY_S, both(2));
    assert.equal(history.series(5 + HISTORY_S)[0].filter((rate) => rate !== null).length, 1);
    history.add(1_000_000, both(3));
    assert.deepEqual(history.series(1_000_000, 3)[0], [null, null, 3]);
    assert.deepEqual(history.series(5, 1)[0], [null]);
  });

  test("takes a second once more", () => {
    const history = new History();
    history.add(7, both(1));
    history.add(7, both(4));
    assert.deepEqual(history.series(7, 1), [[4], [8]]);
  });

  test("is as long as a plot", () => {
    assert.equal(new History().series(99)[0].length, HISTORY_S);
  });
});
