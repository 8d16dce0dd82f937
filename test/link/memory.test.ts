import assert from "node:assert/strict";
import { test } from "node:test";
import type { LinkEvents } from "../../src/link/link.js";
import { MemoryLink } from "../../src/link/memory.js";
import { type LinkUnderTest, linkContract } from "../contracts/link.contract.js";
import { frame, records, split } from "../support/peers.js";

linkContract("memory", { make: async () => memoryPair() });

function memoryPair(): LinkUnderTest {
  const [link, other] = MemoryLink.pair();
  const frames: Buffer[] = [];
  other.start({
    ...ignoring,
    batch: ({ bytes, start, end }) => {
      frames.push(...split(bytes.subarray(start, end)).records.map(({ payload }) => payload));
    },
  });
  return {
    link,
    far: {
      send: (sent) => void other.send(records(...sent), 0, records(...sent).length),
      frames: () => frames,
      vanish: () => other.close(),
    },
    close: () => other.close(),
  };
}

const ignoring: LinkEvents = {
  batch: () => undefined,
  drain: () => undefined,
  dropped: () => undefined,
  close: () => undefined,
};

test("delivers what was sent before the other end was started", async () => {
  const [a, b] = MemoryLink.pair();
  const one = records(frame());
  a.send(one, 0, one.length);
  const got: Buffer[] = [];
  b.start({
    ...ignoring,
    batch: ({ bytes, start, end }) => {
      got.push(Buffer.from(bytes.subarray(start, end)));
    },
  });
  await Promise.resolve();
  assert.deepEqual(got, [one]);
});

test("delivers when the test says so, where it passes a schedule", () => {
  const due: (() => void)[] = [];
  const [a, b] = MemoryLink.pair({ schedule: (deliver) => void due.push(deliver) });
  let batches = 0;
  b.start({
    ...ignoring,
    batch: () => {
      batches++;
    },
  });
  const one = records(frame());
  a.send(one, 0, one.length);
  assert.equal(batches, 0);
  for (const deliver of due.splice(0)) deliver();
  assert.equal(batches, 1);
});

test("each end names the other, and what it can carry", () => {
  const [a, b] = MemoryLink.pair({ capabilities: { maxFrame: 1_514 } });
  assert.deepEqual([a.peer, b.peer], ["b", "a"]);
  assert.deepEqual(a.capabilities, { maxFrame: 1_514, offload: 0 });
});
