import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { TapswitchError } from "../../src/errors.js";
import { formatMac, GROUP_BIT, localMac, macBytes, parseMac } from "../../src/frame/mac.js";
import { check } from "../support/generated.js";

test("reads and writes addresses of any case, with colons or dashes", () => {
  assert.deepEqual(parseMac("02:00:5e:10:00:01"), { high: 0x0200, low: 0x5e10_0001 });
  assert.deepEqual(parseMac("FE-FF-FF-FF-FF-FF"), { high: 0xfeff, low: -1 });
  assert.equal(formatMac({ high: 0xfeff, low: -1 }), "fe:ff:ff:ff:ff:ff");
  assert.equal(formatMac({ high: 0, low: 1 }), "00:00:00:00:00:01");
});

test("generated addresses survive text and octets", () => {
  check(
    fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (octets) => {
      const text = Buffer.from(octets)
        .toString("hex")
        .replace(/..(?!$)/g, "$&:");
      assert.equal(formatMac(parseMac(text)), text);
      assert.deepEqual(macBytes(parseMac(text)), octets);
    }),
  );
});

test("says what is wrong with other text", () => {
  for (const text of ["", "02:00:5e:10:00", "02:00:5e:10:00:01:02", "02:00:5e:10:00:0g", "2:0:5e:10:0:1"]) {
    const expected = (error: unknown): boolean =>
      error instanceof TapswitchError && error.code === "usage" && error.message.includes(`'${text}'`);
    assert.throws(() => parseMac(text), expected);
  }
  assert.throws(() => parseMac("02:00:5e:10:00:01\n"), TapswitchError);
});

test("makes stable local unicast addresses out of any hash", () => {
  for (let number = 0; number < 1_000; number++) {
    const hash = createHash("sha256").update(`host ${number}`).digest();
    const mac = localMac(hash);
    assert.equal(mac.high & GROUP_BIT, 0);
    assert.equal(mac.high & 0x0200, 0x0200);
    assert.deepEqual(mac, localMac(hash));
    assert.deepEqual(parseMac(formatMac(mac)), mac);
  }
});
