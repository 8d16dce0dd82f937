import assert from "node:assert/strict";
import { test } from "node:test";
import { giveBuffer, takeBuffer } from "../../src/link/buffer-pool.js";
import { BUSY_BYTES } from "../../src/link/receive-buffer.js";

/** Takes so many buffers of this size at once. */
function take(count: number, size = 1): Buffer[] {
  return Array.from({ length: count }, () => takeBuffer(size));
}

function give(buffers: readonly Buffer[]): void {
  for (const buffer of buffers) giveBuffer(buffer);
}

test("gives a buffer with room enough, whatever was given back before", () => {
  for (const size of [1, 60, BUSY_BYTES - 1, BUSY_BYTES, BUSY_BYTES + 1, 4 * BUSY_BYTES]) {
    const buffer = takeBuffer(size);
    assert.ok(buffer.length >= size, `${buffer.length} for ${size}`);
    giveBuffer(buffer);
  }
});

test("never gives the same memory to two at once", () => {
  give(take(8));
  const taken = take(40);
  assert.equal(new Set(taken.map((buffer) => buffer.buffer)).size, 40);
  give(taken);
});

test("gives again what came back", () => {
  const taken = take(4);
  give(taken);
  for (const again of take(4)) assert.ok(taken.includes(again));
});

test("keeps 16 free buffers at most, and lets go of the others", () => {
  const taken = take(100);
  give(taken);
  const again = take(17);
  assert.equal(again.filter((buffer) => taken.includes(buffer)).length, 16);
});

test("keeps no buffer of another size", () => {
  const free = take(16); // so that nothing else is waiting
  const large = takeBuffer(BUSY_BYTES + 1);
  assert.equal(large.length, BUSY_BYTES + 1);
  giveBuffer(large);
  const next = takeBuffer(1);
  assert.equal(next.length, BUSY_BYTES);
  give(free);
});
