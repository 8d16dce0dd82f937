import assert from "node:assert/strict";
import { test } from "node:test";
import { batchOf, frame, udp } from "../support/frames.js";
import { office } from "../support/topology.js";

test("a station takes what it wants of the frames that come in through its port", () => {
  const { lan, anna, ben, carl } = office();
  const taken: number[] = [];
  anna.port.station = { take: (one) => taken.push(one.frameLength) === 2 };
  anna.sends(frame({ to: ben, from: anna }, 61)).reaches(ben, carl);
  anna.sends(frame({ to: ben, from: anna }, 62)).reachesNobody();
  anna.sends(udp({ to: ben, from: anna }, "of another type")).reaches(ben, carl);
  anna.sends(frame({ to: ben, from: anna, vlan: 7 }, 64)).reaches(ben, carl);
  ben.sends(frame({ to: anna, from: ben }, 65)).reaches(anna);
  assert.deepEqual(taken, [61, 62, 60, 64]);
  assert.equal([...lan.table.entries(0)].length, 3, "what it takes is not learned from");
  assert.equal(anna.port.counters.framesIn, 4);
});

test("what is emitted leaves by that port alone, and nothing is learned from it", () => {
  const { lab, lan, anna, ben, carl } = office();
  const one = frame({ to: anna, from: carl });
  lan.emit(ben.port, batchOf(one));
  lab.settle();
  ben.got(one);
  for (const other of [anna, carl]) other.got();
  assert.equal(lan.table.size, 0);
});
