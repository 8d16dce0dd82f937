import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { IpSourceSet } from "../../src/frame/ip-source-set.js";
import { parseCidr } from "../../src/session/cidr.js";
import { check } from "../support/generated.js";
import { holdsPlainly } from "../switch/plain-address-policy.js";

const hex = (text: string): string => Buffer.from(parseCidr(text).address).toString("hex");

test("reads addresses and ranges of either version", () => {
  assert.deepEqual(parseCidr("10.0.0.7"), { address: Uint8Array.of(10, 0, 0, 7), prefixLength: 32 });
  assert.deepEqual(parseCidr("10.0.0.0/8"), { address: Uint8Array.of(10, 0, 0, 0), prefixLength: 8 });
  assert.deepEqual(parseCidr("0.0.0.0/0"), { address: new Uint8Array(4), prefixLength: 0 });
  assert.deepEqual(parseCidr("::/0"), { address: new Uint8Array(16), prefixLength: 0 });
  assert.equal(parseCidr("fd00::7").prefixLength, 128);
  assert.equal(hex("fd00::7"), "fd000000000000000000000000000007");
  assert.equal(hex("2001:db8:1:2:3:4:5:6"), "20010db8000100020003000400050006");
  assert.equal(hex("1:2:3:4:5:6:7::"), "00010002000300040005000600070000");
  assert.equal(hex("::1"), "00000000000000000000000000000001");
  assert.equal(hex("FD00::AbCd:0/112"), "fd0000000000000000000000abcd0000");
  assert.equal(hex("64:ff9b::192.0.2.33"), "0064ff9b0000000000000000c0000221");
});

test("says what to write where a text is no range", () => {
  const wrong = [
    "",
    "10",
    "10.0.0",
    "10.0.0.256",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "::/129",
    "fe80::1%eth0",
    "a.b.c.d",
    "10.0.0.0/1e1",
    "1::2::3",
    "/8",
  ];
  for (const text of wrong) {
    assert.throws(
      () => parseCidr(text),
      { code: "usage", message: /is no range of addresses: write 10\.0\.0\.7/ },
      text,
    );
  }
});

test("refuses a range that may have been meant for one address", () => {
  for (const text of ["10.0.0.7/24", "fd00::7/64", "128.0.0.0/0", "10.0.0.1/31"]) {
    assert.throws(() => parseCidr(text), { code: "usage", message: /bits set behind its prefix/ });
  }
});

test("an empty set holds nothing", () => {
  const none = new IpSourceSet([parseCidr("fd00::/8")], 4);
  assert.ok(!none.has(Buffer.alloc(4), 0));
});

test("holds the addresses of generated ranges, and only those", () => {
  for (const octets of [4, 16] as const) {
    check(
      fc.property(
        fc.array(range(octets), { maxLength: 5 }),
        fc.array(address(octets), { maxLength: 3 }),
        (texts, others) => {
          const cidrs = texts.map(parseCidr);
          const set = new IpSourceSet(cidrs, octets);
          for (const one of [
            ...others,
            ...cidrs.flatMap(({ address: first }) => neighbours(Buffer.from(first))),
          ]) {
            const held = texts.some((text) => holdsPlainly(text, one));
            assert.equal(
              set.has(Buffer.concat([Buffer.of(1, 2, 3), one]), 3),
              held,
              `${texts} ${one.toString("hex")}`,
            );
          }
        },
      ),
    );
  }
});

/** Octets of few values, so that ranges meet. */
function address(octets: number): fc.Arbitrary<Buffer> {
  const octet = fc.constantFrom(0, 1, 2, 127, 128, 255);
  return fc.array(octet, { minLength: octets, maxLength: octets }).map((all) => Buffer.from(all));
}

function range(octets: number): fc.Arbitrary<string> {
  return fc.tuple(address(octets), fc.integer({ min: 0, max: octets * 8 })).map(([bytes, length]) => {
    const masked = Buffer.from(
      bytes.map((octet, index) => octet & ~(0xff >>> Math.max(0, Math.min(8, length - index * 8)))),
    );
    const text = octets === 4 ? masked.join(".") : masked.toString("hex").match(/..../g)!.join(":");
    return `${text}/${length}`;
  });
}

/** The address, the ones before and after it, and one much further. */
function neighbours(one: Buffer): Buffer[] {
  const value = BigInt(`0x${one.toString("hex")}`);
  const most = 1n << BigInt(one.length * 8);
  return [value, value - 1n, value + 1n, value + (most >> 9n)].map((number) =>
    Buffer.from(((number + most) % most).toString(16).padStart(one.length * 2, "0"), "hex"),
  );
}
