import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { addressOption, DHCP4, type Dhcp4, DhcpOption, readDhcp4 } from "../../src/frame/dhcp4.js";
import { addressBytes, writeDhcp4 } from "../../src/frame/dhcp4-writer.js";
import { formatMac, parseMac } from "../../src/frame/mac.js";
import { ipOf } from "../support/dhcp.js";
import { check } from "../support/generated.js";

const CLIENT = parseMac("02:00:00:00:00:07");

function message(options: readonly (readonly [number, Uint8Array])[] = []): Buffer {
  const [own, offered, relay] = ["10.0.0.9", "10.0.0.10", "10.9.9.9"].map(ipOf);
  const addresses = { clientAddress: own!, yourAddress: offered!, relay: relay! };
  return writeDhcp4({
    op: 2,
    type: 5,
    xid: 0xfedc_ba98,
    hardware: CLIENT,
    broadcast: true,
    ...addresses,
    options,
  });
}

/** Elsewhere in memory than at its start, and with something behind it. */
function read(bytes: Buffer): Dhcp4 | null {
  const around = Buffer.concat([Buffer.alloc(7, 0xff), bytes, Buffer.alloc(40, 0x35)]);
  return readDhcp4(around, 7, 7 + bytes.length);
}

/** The fixed part, with these bytes for options. */
function withOptions(options: string, { file = "", serverName = "" } = {}): Buffer {
  const head = message().subarray(0, DHCP4.options);
  head.write(file, DHCP4.file, "hex");
  head.write(serverName, DHCP4.serverName, "hex");
  return Buffer.concat([head, Buffer.from(options, "hex")]);
}

describe("a DHCPv4 message", () => {
  test("is read as it was written", () => {
    const dhcp = read(message([[DhcpOption.leaseTime, Buffer.of(0, 0, 14, 16)]]))!;
    assert.equal(formatMac(dhcp.hardware), "02:00:00:00:00:07");
    const { op, type, xid, broadcast, clientAddress, yourAddress, relay } = dhcp;
    assert.deepEqual(
      { op, type, xid, broadcast, clientAddress, yourAddress, relay },
      {
        ...{ op: 2, type: 5, xid: 0xfedc_ba98, broadcast: true },
        ...{ clientAddress: ipOf("10.0.0.9"), yourAddress: ipOf("10.0.0.10"), relay: ipOf("10.9.9.9") },
      },
    );
    assert.deepEqual([...dhcp.options.get(DhcpOption.leaseTime)!], [0, 0, 14, 16]);
  });

  test("has its fields where RFC 2131 has them", () => {
    const bytes = message([[DhcpOption.server, addressBytes(ipOf("10.0.0.1"))]]);
    assert.equal(bytes.length, 300);
    assert.equal(bytes.toString("hex", 0, 12), "02010600fedcba9800008000");
    assert.equal(
      bytes.toString("hex", 12, 34),
      "0a0000090a00000a000000000a09090902000000000700".slice(0, 44),
    );
    assert.equal(bytes.toString("hex", 236, 250), "63825363350105" + "36040a000001" + "ff");
  });

  test("goes on in the boot file and then in the server's name where it says so", () => {
    const options = (dhcp: Dhcp4 | null) =>
      [...dhcp!.options].map(([code, value]) => `${code}:${[...value]}`);
    const parts = { file: "330400000010" + "ff", serverName: "3604" + "0a000001" + "ff" };
    assert.deepEqual(options(read(withOptions("350102" + "340103" + "ff", parts))), [
      "53:2",
      "52:3",
      "51:0,0,0,16",
      "54:10,0,0,1",
    ]);
    assert.deepEqual(options(read(withOptions("350102" + "340101" + "ff", parts))).length, 3);
    assert.deepEqual(options(read(withOptions("350102" + "ff", parts))), ["53:2"]);
  });

  test("has one option of the pieces that it comes in", () => {
    const dhcp = read(withOptions("3202" + "0a00" + "00" + "3202" + "0007" + "350103" + "ff"))!;
    assert.equal(addressOption(dhcp, DhcpOption.requestedAddress), ipOf("10.0.0.7"));
    const long = Buffer.alloc(600, 0x5a);
    assert.deepEqual(read(message([[43, long]]))!.options.get(43), long);
  });

  test("without the magic number is BOOTP and has no options", () => {
    const bytes = message();
    bytes[DHCP4.magic] = 0;
    const { type, options } = read(bytes)!;
    assert.deepEqual([type, options.size], [0, 0]);
    assert.equal(read(bytes.subarray(0, DHCP4.magic))!.type, 0);
  });

  test("is none where it is for other hardware, neither question nor answer, or its options pass its end", () => {
    const broken = (at: number, value: number): Dhcp4 | null => {
      const bytes = message();
      bytes[at] = value;
      return read(bytes);
    };
    assert.equal(broken(DHCP4.op, 3), null);
    assert.equal(broken(DHCP4.hardwareType, 6), null);
    assert.equal(broken(DHCP4.hardwareLength, 16), null);
    assert.equal(read(withOptions("350205ff")), null, "option 53 of four bytes, of which two are there");
    assert.equal(read(withOptions("35020501ff")), null, "a type of two bytes");
    assert.equal(read(withOptions("35")), null);
    assert.equal(read(withOptions("0c".repeat(1).concat("00").repeat(257))), null, "more pieces than 256");
  });
});

test("reads no DHCPv4 message that is cut short in its fixed part or within an option", () => {
  const whole = withOptions("350101" + "3204" + "0a000007");
  for (let end = 0; end < whole.length; end++) {
    const dhcp = read(whole.subarray(0, end));
    if (end < DHCP4.magic) assert.equal(dhcp, null, `${end}`);
    else assert.ok(dhcp === null || [0, 1].includes(dhcp.type), `${end}`);
  }
});

test("never throws at generated DHCPv4 messages, and reads back what was written", () => {
  const pair = fc.tuple(fc.integer({ min: 1, max: 254 }), fc.uint8Array({ maxLength: 40 }));
  const noise = fc.tuple(fc.nat(400), fc.uint8Array({ maxLength: 60, size: "max" }));
  check(
    fc.property(fc.array(pair, { maxLength: 6 }), noise, (options, [at, bytes]) => {
      const others = new Map(options.filter(([code]) => code !== 52 && code !== 53));
      const sound = message([...others]);
      const dhcp = read(sound)!;
      for (const [code, value] of others)
        assert.deepEqual(Buffer.from(dhcp.options.get(code)!), Buffer.from(value));
      sound.set(bytes.subarray(0, Math.max(0, sound.length - at)), Math.min(at, sound.length));
      read(sound);
      read(sound.subarray(0, at));
      read(withOptions(Buffer.from(bytes).toString("hex"), { file: Buffer.from(bytes).toString("hex") }));
    }),
  );
});
