import assert from "node:assert/strict";
import { test } from "node:test";
import { isReserved, RESERVED_ADDRESSES } from "../../src/frame/ethernet.js";
import { parseMac } from "../../src/frame/mac.js";
import { reserved } from "../support/frames.js";

const is = (address: string): boolean => {
  const { high, low } = parseMac(address);
  return isReserved(high, low);
};

test("01-80-C2-00-00-00 to -0F are reserved", () => {
  for (let digit = 0; digit < 16; digit++) assert.ok(is(reserved(digit)));
});

test("no address that differs from those in one bit is reserved", () => {
  const base = Buffer.from("0180c2000000", "hex");
  for (let bit = 0; bit < 44; bit++) {
    const other = Buffer.from(base);
    other[bit >>> 3]! ^= 0x80 >>> (bit & 7);
    assert.ok(!is(other.toString("hex").replace(/..(?!$)/g, "$&:")), `bit ${bit}`);
  }
});

test("the names of reserved addresses are those of 802.1Q table 8-1", () => {
  assert.deepEqual(RESERVED_ADDRESSES, {
    bpdu: 0,
    pause: 1,
    lacp: 2,
    eapol: 3,
    "provider-bpdu": 8,
    "provider-mvrp": 13,
    lldp: 14,
  });
});
