import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { classify, FrameClass } from "../../src/frame/frame-class.js";
import { FrameCursor } from "../../src/frame/frame-cursor.js";
import { Choices } from "../support/choices.js";
import { BROADCAST, batchOf, bpdu, ethernet, frame, MULTICAST, macOf, reserved } from "../support/frames.js";
import { anyFrame, damaged } from "../support/frames-any.js";
import { check } from "../support/generated.js";

const HEADER = { to: MULTICAST, from: macOf(1) };

/** The names of the frame's classes. */
function classesOf(bytes: Buffer, start = 0): string[] {
  const found = classify(bytes, start, bytes.length);
  return Object.entries(FrameClass).flatMap(([name, bit]) => ((found & bit) === 0 ? [] : [name]));
}

function ipv4(protocol: number, body: Buffer, { fragment = 0, options = 0 } = {}): Buffer {
  const head = Buffer.alloc(20 + options);
  head[0] = 0x45 + options / 4;
  head.writeUInt16BE(head.length + body.length, 2);
  head.writeUInt16BE(fragment, 6);
  head[9] = protocol;
  return ethernet(HEADER, 0x0800, head, body);
}

function ipv6(next: number, body: Buffer): Buffer {
  const head = Buffer.alloc(40);
  head[0] = 0x60;
  head.writeUInt16BE(body.length, 4);
  head[6] = next;
  return ethernet(HEADER, 0x86dd, head, body);
}

function udp(from: number, to: number): Buffer {
  return Buffer.of(from >>> 8, from & 0xff, to >>> 8, to & 0xff, 0, 8, 0, 0);
}

/** The frame behind a tag. */
function behind(type: number, bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, 12), Buffer.of(type >>> 8, type & 0xff, 0, 5), bytes.subarray(12)]);
}

test("tells control traffic from all other", () => {
  assert.deepEqual(classesOf(bpdu(macOf(1))), ["reserved"]);
  assert.deepEqual(classesOf(frame({ to: reserved(14), from: macOf(1) })), ["reserved"]);
  assert.deepEqual(classesOf(ethernet(HEADER, 0x88b6)), ["loopProbe"]);
  assert.deepEqual(classesOf(ethernet(HEADER, 0x0806)), ["arp"]);
  assert.deepEqual(classesOf(frame({ to: BROADCAST, from: macOf(1) })), []);
  assert.deepEqual(classesOf(ipv4(2, Buffer.alloc(8))), ["igmp"]);
  assert.deepEqual(classesOf(ipv4(2, Buffer.alloc(8), { options: 4 })), ["igmp"]);
  assert.deepEqual(classesOf(ipv4(6, Buffer.alloc(20))), []);
  for (const ports of [udp(68, 67), udp(67, 68), udp(67, 67), udp(5_000, 67), udp(67, 5_000)]) {
    assert.deepEqual(classesOf(ipv4(17, ports)), ["dhcp4"]);
    assert.deepEqual(classesOf(ipv4(17, ports, { options: 8 })), ["dhcp4"]);
  }
  assert.deepEqual(classesOf(ipv4(17, udp(53, 5_353))), []);
});

test("finds what stands behind IPv6 extension headers", () => {
  const routerAlert = (next: number): Buffer => Buffer.of(next, 0, 5, 2, 0, 0, 1, 0);
  for (const type of [130, 131, 132, 143]) {
    assert.deepEqual(classesOf(ipv6(0, Buffer.concat([routerAlert(58), Buffer.of(type, 0)]))), ["mld"]);
    assert.deepEqual(classesOf(ipv6(58, Buffer.of(type, 0))), ["mld"]);
  }
  for (const type of [133, 134, 135, 136, 137]) {
    assert.deepEqual(classesOf(ipv6(58, Buffer.of(type, 0))), ["nd"]);
    assert.deepEqual(classesOf(ipv6(60, Buffer.concat([routerAlert(58), Buffer.of(type, 0)]))), ["nd"]);
  }
  assert.deepEqual(classesOf(ipv6(58, Buffer.of(128, 0))), []);
  for (const ports of [udp(546, 547), udp(547, 546), udp(1, 547)])
    assert.deepEqual(classesOf(ipv6(17, ports)), ["dhcp6"]);
  assert.deepEqual(classesOf(ipv6(6, Buffer.alloc(20))), []);
});

test("says of fragments that they are, and what is known of the first", () => {
  assert.deepEqual(classesOf(ipv4(17, udp(67, 68), { fragment: 0x2000 })), ["dhcp4", "fragment"]);
  assert.deepEqual(classesOf(ipv4(17, udp(67, 68), { fragment: 1 })), ["fragment"]);
  const first = Buffer.of(58, 0, 0, 1, 0, 0, 0, 1, 134, 0);
  assert.deepEqual(classesOf(ipv6(44, first)), ["nd", "fragment"]);
  assert.deepEqual(classesOf(ipv6(44, Buffer.of(58, 0, 0, 8, 0, 0, 0, 1, 134, 0))), ["fragment"]);
  assert.deepEqual(classesOf(ipv6(44, first.subarray(0, 8))), ["fragment", "opaque"]);
});

test("looks behind two tags and LLC, and calls a third tag opaque", () => {
  const arp = ethernet(HEADER, 0x0806, Buffer.alloc(46));
  const tagged = behind(0x8100, arp);
  assert.deepEqual(classesOf(tagged), ["arp"]);
  assert.deepEqual(classesOf(behind(0x88a8, tagged)), ["arp"]);
  assert.deepEqual(classesOf(behind(0x8100, behind(0x88a8, tagged))), ["opaque"]);
  const snap = ethernet(HEADER, 54, Buffer.from("aaaa030000000806", "hex"), Buffer.alloc(46));
  assert.deepEqual(classesOf(snap), ["arp"]);
});

test("a frame cut short at any byte is opaque or of no class, and never read beyond its end", () => {
  for (const whole of [
    ipv4(17, udp(67, 68)),
    ipv6(58, Buffer.of(134, 0)),
    behind(0x8100, ipv4(2, Buffer.alloc(8))),
  ])
    for (let length = 14; length < whole.length - 4; length++) {
      const alone = classesOf(Buffer.from(whole.subarray(0, length)));
      const followed = classify(whole, 0, length);
      assert.equal(
        followed,
        alone.reduce((bits, name) => bits | FrameClass[name as keyof typeof FrameClass], 0),
      );
    }
});

test("a cursor works out each frame's classes for itself, also in a buffer used again", () => {
  const cursor = new FrameCursor();
  const arp = ethernet(HEADER, 0x0806, Buffer.alloc(46));
  const { bytes, start, end } = batchOf(arp, frame(HEADER), arp);
  cursor.open(bytes, start, end);
  const seen: number[] = [];
  while (cursor.next()) seen.push(cursor.classes, cursor.classes);
  assert.deepEqual(seen, [4, 4, 0, 0, 4, 4]);
  batchOf(bpdu(macOf(1))).bytes.copy(bytes);
  cursor.open(bytes, 0, 64);
  cursor.next();
  assert.equal(cursor.classes, FrameClass.reserved);
});

test("generated frames have classes that depend on nothing but their bytes", () => {
  check(
    fc.property(fc.nat(), fc.nat(64), (seed, before) => {
      const choices = Choices.seeded(seed);
      const bytes = damaged(anyFrame(choices, { everything: true }), choices);
      if (bytes.length < 14) return;
      const moved = Buffer.concat([Buffer.alloc(before, 0xff), bytes, Buffer.alloc(64, 0x86)]);
      assert.equal(classify(moved, before, before + bytes.length), classify(bytes, 0, bytes.length));
    }),
  );
});
