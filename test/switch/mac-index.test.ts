import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MacIndex } from "../../src/switch/mac-index.js";
import { Choices, scripts } from "../support/choices.js";
import { check } from "../support/generated.js";

const SLOTS = 8;

test("finds exactly what a map has after any generated inserts and removals", () => {
  check(
    fc.property(scripts(120), (script) => {
      const choices = Choices.from(script);
      const index = new MacIndex(SLOTS);
      const map = new Map<number, number>();
      while (!choices.spent) {
        const low = choices.below(24);
        if (!map.delete(low)) insert(index, map, low);
        else index.remove(index.find(low & 1, low));
        for (let key = 0; key < 24; key++) assert.equal(slotOf(index, key), map.get(key));
      }
    }),
  );
});

test("holds the place of an entry apart from its slot", () => {
  const index = new MacIndex(SLOTS);
  index.insert(1, 2, 3, 4);
  const bucket = index.find(1, 2);
  assert.deepEqual([index.slotAt(bucket), index.placeAt(bucket)], [3, 4]);
  index.setPlace(bucket, 9);
  assert.deepEqual([index.slotAt(bucket), index.placeAt(bucket)], [3, 9]);
  assert.equal(index.find(2, 1), -1);
});

/** As long as there is a free slot, as in the table. */
function insert(index: MacIndex, map: Map<number, number>, low: number): void {
  const free = Array.from({ length: SLOTS }, (_, slot) => slot).find(
    (slot) => ![...map.values()].includes(slot),
  );
  if (free === undefined) return;
  map.set(low, free);
  index.insert(low & 1, low, free, 0);
}

function slotOf(index: MacIndex, low: number): number | undefined {
  const bucket = index.find(low & 1, low);
  return bucket < 0 ? undefined : index.slotAt(bucket);
}
