import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMac } from "../../src/frame/mac.js";
import { AddressPolicy } from "../../src/switch/address-policy.js";
import { RatePolicy } from "../../src/switch/rate-policy.js";
import { BROADCAST, frame, macOf } from "../support/frames.js";
import { Lab } from "../support/topology.js";

const MEGABIT = 1_000_000;

test("a member that sends too much loses what is above its rate, and nobody else anything", () => {
  const lab = new Lab();
  const lan = lab.switch();
  const greedy = lab.host("greedy", lan, { policies: [new RatePolicy(8 * MEGABIT)] });
  const { ben, carl } = lab.hosts(lan, "ben", "carl");
  const burst = Array.from({ length: 100 }, () => frame({ to: BROADCAST, from: greedy }, 1_000));
  greedy.sends(...burst, ...burst);
  const first = ben.inbox.length;
  assert.ok(first >= 100 && first < 200);
  assert.equal(greedy.port.counters.drops.rate, 200 - first);
  lab.advance(50);
  greedy.sends(...burst);
  assert.equal(ben.inbox.length, 50, "8 Mbit/s are 50,000 bytes in 50 ms");
  carl.sends(...burst).reaches(greedy, ben);
});

test("policies are asked in order, and the first refusal counts", () => {
  const lab = new Lab();
  const addresses = new AddressPolicy({ macs: [parseMac(macOf(1))] });
  const host = lab.host("host", lab.switch(), { policies: [addresses, new RatePolicy(8 * MEGABIT)] });
  const stolen = Array.from({ length: 500 }, () => frame({ to: BROADCAST, from: macOf(2) }, 1_000));
  host.sends(...stolen, frame({ to: BROADCAST, from: host }));
  assert.deepEqual([host.port.counters.drops.security, host.port.counters.drops.rate], [500, 0]);
});
