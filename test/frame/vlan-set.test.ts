import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_VLAN, VlanSet } from "../../src/frame/vlan-set.js";
import { check } from "../support/generated.js";

test("reads VLANs and ranges of them", () => {
  const set = VlanSet.parse("1, 10-12 ,4094");
  const members = Array.from({ length: 4_096 }, (_, vlan) => vlan).filter((vlan) => set.has(vlan));
  assert.deepEqual(members, [1, 10, 11, 12, MAX_VLAN]);
  assert.ok(
    !VlanSet.all.has(0) && VlanSet.all.has(1) && VlanSet.all.has(MAX_VLAN) && !VlanSet.all.has(4_095),
  );
  assert.ok(!set.has(-1) && !set.has(100_000));
});

test("refuses what names no VLAN", () => {
  for (const text of ["", "0", "4095", "5-3", "1,,2", "1-", "-1", "a", "1-2-3", "all,1", "0x10", "1.5"])
    assert.throws(() => VlanSet.parse(text), { code: "usage" }, text);
});

test("writes itself in the shortest way", () => {
  assert.equal(String(VlanSet.parse("30,1-3,2-5,6")), "1-6,30");
  assert.equal(String(VlanSet.parse("all")), "all");
});

test("generated text is read as the same set again, or refused", () => {
  check(
    fc.property(fc.stringMatching(/^[0-9,\- a]{0,20}$/), (text) => {
      let set: VlanSet;
      try {
        set = VlanSet.parse(text);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "usage");
        return;
      }
      const again = VlanSet.parse(String(set));
      for (let vlan = 0; vlan < 4_096; vlan += 1) assert.equal(again.has(vlan), set.has(vlan));
    }),
  );
});
