import assert from "node:assert/strict";
import { test } from "node:test";
import { Pulse } from "../../src/link/pulse.js";

test("beats for each of its members, with one timer while there are any", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const pulse = new Pulse(1_000);
  const beats = [0, 0];
  const members = beats.map((_, index) => ({ beat: () => void beats[index]!++ }));
  for (const member of members) pulse.add(member);
  t.mock.timers.tick(1_000);
  assert.deepEqual(beats, [1, 1]);
  pulse.delete(members[0]!);
  t.mock.timers.tick(2_000);
  assert.deepEqual(beats, [1, 3]);
  pulse.delete(members[1]!);
  t.mock.timers.tick(2_000);
  pulse.add(members[0]!);
  t.mock.timers.tick(1_000);
  assert.deepEqual(beats, [2, 3]);
});
