import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isFromDhcp6Client, MAX_DHCP6_ADDRESSES, readDhcp6 } from "../../src/frame/dhcp6.js";
import { option6 } from "../support/dhcp.js";
import { check } from "../support/generated.js";
import { ip6 } from "../switch/claims.js";

const DUID = Buffer.from("00030001020000000007", "hex");

/** A reply that gives these addresses for an hour. */
function reply(...addresses: string[]): Buffer {
  const given = addresses.map((text) => option6(5, ip6(text), Buffer.from("0000070800000e10", "hex")));
  const association = option6(3, Buffer.alloc(12), ...given);
  return Buffer.concat([Buffer.from("07abcdef", "hex"), option6(1, DUID), association]);
}

const read = (bytes: Buffer) =>
  readDhcp6(Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(30, 1)]), 3, 3 + bytes.length);

test("finds the addresses that a DHCPv6 reply gives, and to whom", () => {
  const dhcp = read(reply("fd00::7", "fd00::8"))!;
  assert.deepEqual([dhcp.type, dhcp.transaction, dhcp.client], [7, 0xabcdef, DUID.toString("hex")]);
  assert.deepEqual(
    dhcp.addresses.map(({ address, validSeconds }) => [Buffer.from(address).toString("hex"), validSeconds]),
    ["fd00::7", "fd00::8"].map((text) => [ip6(text).toString("hex"), 3_600]),
  );
  const temporary = Buffer.concat([
    Buffer.from("07000001", "hex"),
    option6(4, Buffer.alloc(4), option6(5, ip6("fd00::9"), Buffer.alloc(8))),
  ]);
  assert.equal(read(temporary)!.addresses[0]!.validSeconds, 0);
});

test("tells clients' DHCPv6 messages from those of servers and relay agents", () => {
  const clients = Array.from({ length: 256 }, (_, type) => type).filter(isFromDhcp6Client);
  assert.deepEqual(clients, [1, 3, 4, 5, 6, 8, 9, 11, 14, 18, 20, 22]);
});

test("reads no DHCPv6 message whose options pass its end, or that gives more addresses than anyone needs", () => {
  const whole = reply("fd00::7");
  for (let end = 0; end < whole.length; end++) {
    const dhcp = read(whole.subarray(0, end));
    assert.ok(dhcp === null || dhcp.addresses.length === 0, `${end}`);
  }
  const many = Array.from({ length: MAX_DHCP6_ADDRESSES }, (_, index) => `fd00::${index + 1}`);
  assert.equal(read(reply(...many))!.addresses.length, MAX_DHCP6_ADDRESSES);
  assert.equal(read(reply(...many, "fd00::99")), null);
  assert.equal(read(Buffer.concat([Buffer.from("07000001", "hex"), option6(3, Buffer.alloc(4))])), null);
});

test("never throws at generated DHCPv6 messages", () => {
  check(
    fc.property(fc.nat(120), fc.uint8Array({ maxLength: 60 }), (at, noise) => {
      const sent = reply("fd00::7", "fd00::8");
      read(Buffer.concat([sent.subarray(0, at), noise]));
      sent.set(noise.subarray(0, Math.max(0, sent.length - at)), Math.min(at, sent.length));
      assert.ok((read(sent)?.addresses.length ?? 0) <= MAX_DHCP6_ADDRESSES);
    }),
  );
});
