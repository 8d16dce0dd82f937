import assert from "node:assert/strict";
import { test } from "node:test";
import { frame } from "../support/frames.js";
import { office } from "../support/topology.js";

test("forgets an address that was silent for the age, and floods to it again", () => {
  const { lab, anna, ben, carl } = office({ ageMs: 300_000 });
  ben.announces();
  lab.advance(290_000);
  anna.sends(frame({ to: ben, from: anna })).reaches(ben);
  lab.advance(20_000);
  anna.sends(frame({ to: ben, from: anna })).reaches(ben, carl);
});

test("keeps an address that is heard now and then", () => {
  const { lab, lan, anna, ben } = office({ ageMs: 300_000 });
  for (let round = 0; round < 10; round++) {
    ben.announces();
    lab.advance(200_000);
  }
  anna.sends(frame({ to: ben, from: anna })).reaches(ben);
  assert.equal(lan.table.size, 2);
});

test("does not take frames to an address for a sign of life from it", () => {
  const { lab, anna, ben, carl } = office({ ageMs: 300_000 });
  ben.announces();
  for (let round = 0; round < 4; round++) {
    anna.sends(frame({ to: ben, from: anna })).reaches(ben);
    lab.advance(80_000);
  }
  anna.sends(frame({ to: ben, from: anna })).reaches(ben, carl);
});

test("ages at the pace it was told", () => {
  const { lab, lan, ben } = office({ ageMs: 10_000 });
  ben.announces();
  lab.advance(9_000);
  assert.equal(lan.table.size, 1);
  lab.advance(3_000);
  assert.equal(lan.table.size, 0);
});
