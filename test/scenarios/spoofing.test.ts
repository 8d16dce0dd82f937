/** A member on a port of its own tries to pass for its neighbours. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatMac, parseMac } from "../../src/frame/mac.js";
import { parseCidr } from "../../src/session/cidr.js";
import { AddressPolicy } from "../../src/switch/address-policy.js";
import type { Refusal } from "../../src/switch/policy-refusals.js";
import type { SwitchEvents } from "../../src/switch/switch-events.js";
import { BROADCAST, frame, macOf } from "../support/frames.js";
import { largeRecord, noise, record, tcpSpec } from "../support/frames-offload.js";
import { Lab } from "../support/topology.js";
import { advertisement, arp, ipv4, ipv6, solicitation } from "../switch/claims.js";

const MALLORY = macOf(1);

/** Mallory may be 10.0.0.1 and fd00::1; ben and carl may be anyone. */
function village(events: SwitchEvents = {}) {
  const lab = new Lab();
  const lan = lab.switch({ events });
  const macs = [parseMac(MALLORY)];
  const ips = ["10.0.0.1", "fd00::1"].map(parseCidr);
  const mallory = lab.host("mallory", lan, { policies: [new AddressPolicy({ macs, ips })] });
  return { lab, lan, mallory, ...lab.hosts(lan, "ben", "carl") };
}

test("a member reaches the others with its own addresses", () => {
  const { mallory, ben, carl } = village();
  const own = { mac: mallory, ip: "10.0.0.1" };
  const to = ben;
  ben.announces();
  mallory.sends(arp({ from: mallory }, own)).reaches(ben, carl);
  mallory.sends(arp({ from: mallory, to }, own), ipv4({ from: mallory, to }, "10.0.0.1")).reaches(ben);
  mallory.sends(ipv6({ from: mallory, to }, "fd00::1")).reaches(ben);
  mallory.sends(advertisement({ from: mallory, to }, "fd00::1", "fd00::1", mallory)).reaches(ben);
  mallory.sends(frame({ to, from: mallory, vlan: 7 })).reaches(ben, carl);
  assert.equal(mallory.port.counters.drops.security, 0);
});

test("a member gets its first address by DHCP, and asks whether one is free", () => {
  const { mallory, ben, carl } = village();
  const from = mallory;
  mallory.sends(ipv4({ from }, "0.0.0.0")).reaches(ben, carl);
  mallory.sends(arp({ from }, { mac: mallory, ip: "0.0.0.0" })).reaches(ben, carl);
  mallory.sends(solicitation({ from }, "::", "fe80::1")).reaches(ben, carl);
  mallory.sends(ipv6({ from }, "fe80::1")).reaches(ben, carl);
  assert.equal(mallory.port.counters.drops.security, 0);
});

test("a member that takes another's MAC, or speaks for another's address, reaches nobody", () => {
  const { lan, mallory, ben } = village();
  const from = mallory;
  const attempts = [
    frame({ to: BROADCAST, from: ben }),
    ipv4({ from: ben }, "10.0.0.1"),
    arp({ from }, { mac: mallory, ip: "10.0.0.2" }),
    arp({ from }, { mac: ben, ip: "10.0.0.1" }),
    ipv4({ from }, "10.0.0.2"),
    ipv6({ from }, "fd00::2"),
    advertisement({ from }, "fe80::1", "fd00::2", mallory),
    advertisement({ from }, "fd00::1", "fd00::1", ben),
    solicitation({ from }, "::", "fd00::2"),
    ipv4(
      {
        from,
        tags: [
          [0x8100, 0],
          [0x8100, 0],
        ],
      },
      "10.0.0.2",
    ),
    ipv4({ from, snap: 0 }, "10.0.0.2"),
  ];
  ben.announces();
  attempts.forEach((attempt, index) => {
    mallory.sends(attempt).reachesNobody();
    assert.equal(mallory.port.counters.drops.security, index + 1);
  });
  assert.equal(lan.table.size, 1, "nothing is learned from a frame that was refused");
});

test("a member cannot attract another's frames", () => {
  const { mallory, ben, carl } = village();
  ben.announces();
  mallory.sends(frame({ to: BROADCAST, from: ben }));
  carl.sends(frame({ to: ben, from: carl })).reaches(ben);
});

test("a large segment counts by its headers, like any frame", () => {
  const { lan, mallory, ben } = village();
  const segment = largeRecord(tcpSpec({ payload: noise(5_000, 1) }), 1_000);
  segment.write(MALLORY.replaceAll(":", ""), 14 + 6, "hex");
  const source = 14 + 14 + 12;
  segment.set([10, 0, 0, 2], source);
  lan.receive(mallory.port, { bytes: segment, start: 0, end: segment.length }, 0);
  assert.equal(ben.port.counters.framesOut, 0);
  assert.equal(mallory.port.counters.drops.security, 1);
  segment.set([10, 0, 0, 1], source);
  lan.receive(mallory.port, { bytes: segment, start: 0, end: segment.length }, 0);
  assert.equal(ben.port.counters.framesOut, 5);
});

test("frames that are refused do not hold up those around them", () => {
  const { mallory, ben } = village();
  const [first, last] = [1, 2].map(() => frame({ to: BROADCAST, from: mallory }));
  mallory.sends(first!, ipv4({ from: mallory }, "10.0.0.2"), last!);
  ben.got(first!, last!);
});

test("tells of refusals once in ten seconds, with what was tried and how often", () => {
  const told: [string, string, Refusal][] = [];
  const { lab, lan, mallory } = village({
    refused: (port, reason, refusal) => told.push([port.name, reason, refusal]),
  });
  const stolen = arp({ from: mallory, to: BROADCAST, tags: [[0x8100, 9]] }, { mac: mallory, ip: "10.0.0.2" });
  const batch = record(0, stolen);
  const spoof = (): unknown =>
    lan.receive(mallory.port, { bytes: batch, start: 0, end: batch.length }, lab.clock.now());
  for (let count = 0; count < 100; count++) spoof();
  assert.equal(told.length, 1);
  const [name, reason, refusal] = told[0]!;
  assert.deepEqual([name, reason, refusal.address, refusal.frames], ["mallory", "security", "10.0.0.2", 1]);
  assert.equal(formatMac(refusal.source), MALLORY);
  assert.equal(formatMac(refusal.destination), BROADCAST);
  assert.deepEqual([refusal.vlan, refusal.etherType], [9, 0x8100]);
  lab.advance(9_999);
  spoof();
  assert.equal(told.length, 1);
  lab.advance(1);
  spoof();
  assert.deepEqual(
    told.map(([, , { frames }]) => frames),
    [1, 101],
  );
});

test("does not tell of frames that no grant forbids", () => {
  const told: unknown[] = [];
  const { mallory } = village({ refused: (...what) => told.push(what) });
  mallory.sends(frame({ to: "01:80:c2:00:00:0e", from: mallory }), frame({ to: BROADCAST, from: BROADCAST }));
  assert.deepEqual(told, []);
});
