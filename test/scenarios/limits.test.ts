import assert from "node:assert/strict";
import { test } from "node:test";
import type { Port } from "../../src/switch/port.js";
import type { Switch } from "../../src/switch/switch.js";
import { Choices } from "../support/choices.js";
import { batchOf, frame, macOf } from "../support/frames.js";
import { seed } from "../support/generated.js";
import { type Host, Lab } from "../support/topology.js";

const SINK = "04:00:00:00:00:00";

/** Frames from this many guests, all behind one host's port. */
function guests(of: Host, first: number, count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => frame({ to: of, from: macOf(first + index) }));
}

/** How many of those guests the switch still knows at that host's port. */
function known(of: Host, first: number, count: number): number {
  const entries = [...of.lan.table.entries(0)].filter((entry) => entry.owner === of.port);
  return entries.filter(({ low }) => low >= first && low < first + count).length;
}

test("pushes out the port's own least recently seen address at its limit", () => {
  const lab = new Lab();
  const lan = lab.switch();
  const anna = lab.host("anna", lan);
  const ben = lab.host("ben", lan, { macLimit: 3 });
  const carl = lab.host("carl", lan);
  ben.sends(...guests(ben, 101, 3));
  lab.advance(2_000);
  ben.sends(...guests(ben, 101, 1));
  ben.sends(...guests(ben, 104, 1));
  for (const still of [101, 103, 104]) anna.sends(frame({ to: macOf(still), from: anna })).reaches(ben);
  anna.sends(frame({ to: macOf(102), from: anna })).reaches(ben, carl);
  assert.equal(ben.port.snapshot().macs, 3);
  assert.equal(ben.port.snapshot().macsEvicted, 1);
});

test("lets an address move to a port at its limit, at the cost of that port's oldest", () => {
  const lab = new Lab();
  const lan = lab.switch();
  const anna = lab.host("anna", lan);
  const ben = lab.host("ben", lan, { macLimit: 2 });
  anna.sends(...guests(anna, 103, 1));
  ben.sends(...guests(ben, 101, 3));
  assert.equal(known(ben, 101, 1), 0);
  assert.equal(known(ben, 102, 2), 2);
  assert.equal(lan.table.size, 2);
});

test("a million random sources on one port leave the entries of other ports in place", () => {
  const lab = new Lab();
  const lan = lab.switch();
  const { anna, ben } = lab.hosts(lan, "anna", "ben");
  anna.announces();
  ben.sends(...guests(ben, 1_000, 3_000));
  const flooder = floodSources(lan, 1_000_000);
  assert.equal(flooder.snapshot().macs, 4_096);
  assert.ok(flooder.snapshot().macsEvicted > 990_000);
  assert.equal(known(ben, 1_000, 3_000), 3_000);
  ben.sends(frame({ to: anna, from: ben })).reaches(anna);
});

test("takes room in a full table from the port that holds most", () => {
  const lab = new Lab();
  const lan = lab.switch({ maxMacs: 100 });
  const { anna, ben, carl } = lab.hosts(lan, "anna", "ben", "carl");
  ben.sends(...guests(ben, 1_000, 20));
  carl.sends(...guests(carl, 2_000, 80));
  anna.sends(...guests(anna, 3_000, 30));
  assert.equal(known(anna, 3_000, 30), 30);
  assert.equal(known(ben, 1_000, 20), 20);
  assert.equal(known(carl, 2_000, 30), 0, "carl's oldest went");
  assert.equal(known(carl, 2_030, 50), 50);
  assert.equal(lan.table.size, 100);
});

test("a port that fills the table pushes out its own addresses only", () => {
  const lab = new Lab();
  const lan = lab.switch({ maxMacs: 100 });
  const { anna, ben } = lab.hosts(lan, "anna", "ben");
  anna.sends(...guests(anna, 1_000, 30));
  ben.sends(...guests(ben, 2_000, 33));
  const flooder = floodSources(lan, 10_000);
  assert.equal(known(anna, 1_000, 30), 30);
  assert.equal(known(ben, 2_000, 33), 33);
  assert.equal(flooder.snapshot().macs, 36);
});

test("lets a port above an equal share grow at the cost of one that holds far more", () => {
  const lab = new Lab();
  const lan = lab.switch({ maxMacs: 100 });
  const { anna, ben } = lab.hosts(lan, "anna", "ben", "idle", "idler");
  ben.sends(...guests(ben, 1_000, 70));
  anna.sends(...guests(anna, 2_000, 40));
  assert.equal(known(anna, 2_000, 40), 40);
  assert.equal(known(ben, 1_010, 60), 60);
});

test("a port that goes away makes room for others", () => {
  const lab = new Lab();
  const lan = lab.switch({ maxMacs: 100 });
  const { anna, ben } = lab.hosts(lan, "anna", "ben");
  ben.sends(...guests(ben, 1_000, 90));
  ben.unplug();
  assert.equal(lan.table.size, 0);
  anna.sends(...guests(anna, 2_000, 100));
  assert.equal(known(anna, 2_000, 100), 100);
  assert.equal(anna.port.snapshot().macsEvicted, 0);
});

/**
 * A port that sends a flood of frames from random addresses, a thousand to a batch, all to an address behind another
 * port; neither has a link, so that the flood itself goes nowhere.
 */
function floodSources(lan: Switch, count: number): Port {
  const [flooder, sink] = [lan.attach(null, { name: "flooder" }), lan.attach(null, { name: "sink" })];
  lan.receive(sink, batchOf(frame({ to: SINK, from: SINK })), 0);
  const random = Choices.seeded(seed);
  const batch = batchOf(
    ...Array.from({ length: 1_000 }, () => frame({ to: SINK, from: "06:00:00:00:00:00" })),
  );
  const stride = batch.end / 1_000;
  for (let sent = 0; sent < count; sent += 1_000) {
    for (let source = 4 + 8; source < batch.end; source += stride) {
      batch.bytes.writeUInt32BE(random.below(2 ** 32), source);
    }
    lan.receive(flooder, batch, 0);
  }
  return flooder;
}
