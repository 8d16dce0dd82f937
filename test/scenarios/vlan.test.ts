import assert from "node:assert/strict";
import { test } from "node:test";
import { BROADCAST, ethernet, frame, macOf } from "../support/frames.js";
import { office } from "../support/topology.js";

test("passes tagged frames byte for byte, priority and inner tags included", () => {
  const { anna, ben, carl } = office();
  const plain = frame({ to: BROADCAST, from: anna, vlan: 42, priority: 5 }, 64);
  const double = ethernet({ to: BROADCAST, from: anna, vlan: 42 }, 0x8100, Buffer.alloc(50, 7));
  const provider = ethernet({ to: BROADCAST, from: anna }, 0x88a8, Buffer.alloc(50, 8));
  anna.sends(plain, double, provider).reaches(ben, carl);
});

test("learns an address on each VLAN for itself", () => {
  const { anna, ben, carl } = office();
  const guest = macOf(200);
  ben.sends(frame({ to: anna, from: guest, vlan: 10 }));
  carl.sends(frame({ to: anna, from: guest, vlan: 20 }));
  anna.sends(frame({ to: guest, from: anna, vlan: 10 })).reaches(ben);
  anna.sends(frame({ to: guest, from: anna, vlan: 20 })).reaches(carl);
  anna.sends(frame({ to: guest, from: anna, vlan: 30 })).reaches(ben, carl);
  anna.sends(frame({ to: guest, from: anna })).reaches(ben, carl);
});

test("tells all 4,096 VLAN IDs apart", () => {
  const { lan, anna, ben } = office();
  const tagged = Array.from({ length: 4_096 }, (_, vlan) => frame({ to: anna, from: ben, vlan }));
  ben.sends(...tagged);
  assert.equal(lan.table.size, 4_096);
});

test("takes a priority-tagged frame for an untagged one", () => {
  const { lan, anna, ben } = office();
  ben.sends(frame({ to: BROADCAST, from: ben, vlan: 0, priority: 7 }));
  anna.sends(frame({ to: ben, from: anna })).reaches(ben);
  assert.equal(lan.table.size, 2);
});

test("ignores priority when it learns", () => {
  const { lan, anna, ben } = office();
  for (let priority = 0; priority < 8; priority++) {
    ben.sends(frame({ to: anna, from: ben, vlan: 10, priority }));
  }
  assert.equal(lan.table.size, 1);
});

test("reads no VLAN ID from a frame that ends within its tag", () => {
  const { lan, anna, ben, carl } = office();
  for (const size of [14, 15, 16, 17]) {
    anna.sends(frame({ to: BROADCAST, from: anna, vlan: 10 }, size)).reaches(ben, carl);
  }
  assert.deepEqual(
    [...lan.table.entries(0)].map((entry) => entry.vlan),
    [0],
  );
});
