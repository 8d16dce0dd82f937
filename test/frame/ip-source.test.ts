import assert from "node:assert/strict";
import { test } from "node:test";
import { isEthernetArp } from "../../src/frame/arp.js";
import { Ipv6Upper, networkStart } from "../../src/frame/ip-source.js";
import { claimedAddress } from "../../src/frame/ip-source-text.js";
import { frame, macOf } from "../support/frames.js";
import {
  advertisement,
  arp,
  authentication,
  extension,
  fragment,
  ipv4,
  ipv6,
  solicitation,
} from "../switch/claims.js";

const from = macOf(1);
const start = (bytes: Buffer): number => networkStart(bytes, 0, bytes.length);

test("finds the network header behind tags and LLC/SNAP", () => {
  assert.equal(start(ipv4({ from }, "10.0.0.1")), 14);
  assert.equal(start(ipv4({ from, tags: [[0x8100, 5]] }, "10.0.0.1")), 18);
  assert.equal(
    start(
      ipv4(
        {
          from,
          tags: [
            [0x88a8, 5],
            [0x8100, 5],
          ],
        },
        "10.0.0.1",
      ),
    ),
    22,
  );
  assert.equal(start(ipv4({ from, snap: 0 }, "10.0.0.1")), 22);
  assert.equal(start(ipv4({ from, tags: [[0x8100, 5]], snap: 0xf8 }, "10.0.0.1")), 26);
  assert.equal(start(ipv4({ from, snap: 0x0c }, "10.0.0.1")), 14, "an organisation with types of its own");
});

test("finds no network header behind three tags, one of an unknown kind, or one within SNAP", () => {
  assert.equal(
    start(
      ipv4(
        {
          from,
          tags: [
            [0x8100, 0],
            [0x8100, 0],
            [0x8100, 0],
          ],
        },
        "10.0.0.1",
      ),
    ),
    -1,
  );
  assert.equal(start(ipv4({ from, tags: [[0x9100, 0]] }, "10.0.0.1")), -1);
  const hidden = ipv4({ from, snap: 0 }, "10.0.0.1");
  hidden.writeUInt16BE(0x8100, 20);
  assert.equal(start(hidden), -1);
});

test("finds no network header where the frame ends within a tag", () => {
  const tagged = ipv4({ from, tags: [[0x8100, 5]] }, "10.0.0.1");
  for (let length = 14; length < 18; length++) assert.equal(start(tagged.subarray(0, length)), -1);
  assert.equal(start(tagged.subarray(0, 18)), 18);
});

test("walks the chain of IPv6 headers to the one above", () => {
  const upper = new Ipv6Upper();
  const extensions = [
    extension(0),
    extension(60, 2),
    extension(43, 3),
    fragment(0, true),
    authentication(),
    extension(60),
  ];
  const sent = ipv6({ from }, "fd00::1", Buffer.alloc(9), { extensions, protocol: 6 });
  const padded = Buffer.concat([sent, Buffer.alloc(10)]);
  assert.ok(upper.read(padded, 14, padded.length));
  assert.deepEqual(
    { ...upper },
    { protocol: 6, at: 54 + 8 + 16 + 24 + 8 + 16 + 8, end: sent.length, fragment: true },
  );
});

test("knows nothing of what is in a fragment after the first", () => {
  const upper = new Ipv6Upper();
  const sent = ipv6({ from }, "fd00::1", Buffer.alloc(9), { extensions: [fragment(1, false)], protocol: 58 });
  assert.ok(upper.read(sent, 14, sent.length));
  assert.equal(upper.protocol, -1);
});

test("does not read an IPv6 packet that ends within its headers", () => {
  const upper = new Ipv6Upper();
  const extensions = [extension(60, 2), fragment(0, false), authentication()];
  const sent = ipv6({ from }, "fd00::1", Buffer.alloc(0), { extensions });
  for (let length = 14; length < sent.length; length++) {
    assert.ok(!upper.read(sent, 14, length), "longer than the frame");
    const cut = Buffer.from(sent.subarray(0, length));
    if (length >= 54) cut.writeUInt16BE(length - 54, 18);
    assert.ok(!upper.read(cut, 14, length), "a header cut short");
  }
});

test("an ARP packet is one for IPv4 on Ethernet, whole", () => {
  const whole = arp({ from }, { mac: from, ip: "10.0.0.1" });
  assert.ok(isEthernetArp(whole, 14, whole.length));
  for (let length = 14; length < whole.length; length++) assert.ok(!isEthernetArp(whole, 14, length));
  for (let at = 14; at < 20; at++) {
    const other = Buffer.from(whole);
    other[at]! ^= 0x40;
    assert.ok(!isEthernetArp(other, 14, other.length));
  }
});

test("names the address that a frame speaks for", () => {
  const claimed = (bytes: Buffer): string | null => claimedAddress(bytes, 0, bytes.length);
  assert.equal(claimed(ipv4({ from }, "10.0.0.1")), "10.0.0.1");
  assert.equal(claimed(arp({ from, tags: [[0x8100, 5]] }, { mac: from, ip: "10.0.0.2" })), "10.0.0.2");
  assert.equal(claimed(ipv6({ from }, "fd00:0:0:1::7")), "fd00:0:0:1::7");
  assert.equal(claimed(advertisement({ from }, "fe80::1", "fd00::2")), "fd00::2");
  assert.equal(claimed(solicitation({ from }, "fe80::1", "fd00::2")), "fe80::1");
  assert.equal(claimed(solicitation({ from }, "::", "fd00::2")), "fd00::2");
  assert.equal(claimed(frame({ to: from, from })), null);
  for (const sent of [
    ipv4({ from }, "10.0.0.1"),
    ipv6({ from }, "fd00::1"),
    arp({ from }, { mac: from, ip: "10.0.0.1" }),
  ])
    assert.equal(claimed(sent.subarray(0, 30)), null);
});
