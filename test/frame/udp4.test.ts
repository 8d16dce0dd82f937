import assert from "node:assert/strict";
import { test } from "node:test";
import { internetChecksum } from "../../src/frame/checksum.js";
import { parseMac } from "../../src/frame/mac.js";
import { isSoundUdp4, udp4Frame } from "../../src/frame/udp4.js";
import { ipOf } from "../support/dhcp.js";

const from = { mac: parseMac("02:00:00:00:00:01"), ip: ipOf("10.0.0.1"), port: 67 };
const to = { mac: parseMac("ff:ff:ff:ff:ff:ff"), ip: ipOf("255.255.255.255"), port: 68 };

test("writes a datagram whose sums are right, at least as long as Ethernet wants", () => {
  for (const size of [0, 1, 18, 19, 301]) {
    const frame = udp4Frame(from, to, Buffer.alloc(size, 0xa7));
    assert.equal(frame.length, Math.max(60, 42 + size));
    assert.equal(internetChecksum(frame, 14, 34), 0);
    assert.equal(frame.toString("hex", 26, 38), "0a000001ffffffff00430044");
    assert.ok(isSoundUdp4(frame, 14, 34, 42 + size), `${size}`);
  }
});

test("knows a datagram that was damaged or cut short", () => {
  const frame = udp4Frame(from, to, Buffer.alloc(301, 0xa7));
  assert.ok(!isSoundUdp4(frame, 14, 34, frame.length - 1));
  frame[100] = 0;
  assert.ok(!isSoundUdp4(frame, 14, 34, frame.length));
  frame.fill(0, 40, 42);
  assert.ok(isSoundUdp4(frame, 14, 34, frame.length), "without a sum");
  frame.writeUInt16BE(7, 38);
  assert.ok(!isSoundUdp4(frame, 14, 34, frame.length), "shorter than its header");
});
