import assert from "node:assert/strict";
import { isIP } from "node:net";
import { describe, test } from "node:test";
import fc from "fast-check";
import { TapswitchError } from "../../src/errors.js";
import { Filter } from "../../src/frame/filter.js";
import { MAX_FILTER_DEPTH, MAX_FILTER_TESTS } from "../../src/frame/filter-syntax.js";
import { MAX_FILTER_LENGTH } from "../../src/frame/filter-tokens.js";
import { readHost } from "../../src/frame/filter-values.js";
import { FrameCursor } from "../../src/frame/frame-cursor.js";
import { Choices, scripts } from "../support/choices.js";
import { arpRequest, BROADCAST, frame, macOf, udp } from "../support/frames.js";
import { anyFrame, damaged } from "../support/frames-any.js";
import { largeRecord, tcpSpec } from "../support/frames-offload.js";
import { check } from "../support/generated.js";
import { anyFilter, decode } from "../support/plain-filter.js";

const [A, B] = [macOf(1), macOf(2)];
const header = { to: B, from: A };

/** True if the frame is meant, wherever in memory it lies. */
function matches(text: string, bytes: Buffer): boolean {
  const around = Buffer.concat([Buffer.alloc(3, 0xff), bytes, Buffer.alloc(64, 0xff)]);
  return new Filter(text).matches(around, 3, 3 + bytes.length);
}

function verdicts(bytes: Buffer, expected: Readonly<Record<string, boolean>>): void {
  for (const [text, verdict] of Object.entries(expected)) assert.equal(matches(text, bytes), verdict, text);
}

function complaint(text: string): string {
  try {
    new Filter(text);
  } catch (error) {
    assert.ok(error instanceof TapswitchError && error.code === "usage", String(error));
    return error.message;
  }
  throw new Error(`'${text}' was taken`);
}

describe("a filter", () => {
  test("knows source, destination and kind of a datagram", () => {
    verdicts(udp(header, "hello"), {
      ip: true,
      ip6: false,
      udp: true,
      tcp: false,
      "udp port 5001": true,
      "udp src port 5001 and dst portrange 5000-5002": true,
      "port 80 or 5001": true,
      "tcp port 5001": false,
      "src host 10.0.0.1": true,
      "dst host 10.0.0.1": false,
      "10.0.0.2": true,
      "src or dst net 10.0.0.0/30": true,
      "src and dst net 10.0.0.0/31": false,
      "net 10.0.0.0 mask 255.255.255.252": true,
      "ip proto 17": true,
      "ip proto \\udp": true,
      [`ether src ${A}`]: true,
      [`mac dst host ${A}`]: false,
      [`ether host ${B.toUpperCase()}`]: true,
      [B]: true,
      "ethertype ip": true,
      "ether proto 0x800": true,
      vlan: false,
      "broadcast or multicast": false,
    });
  });

  test("looks behind VLAN tags, and takes any of them for the frame's", () => {
    const inner = udp({ ...header, vlan: 20 }, "hello");
    const outer = Buffer.concat([inner.subarray(0, 12), Buffer.from("88a8600a", "hex"), inner.subarray(12)]);
    verdicts(outer, {
      vlan: true,
      "vlan 10": true,
      "vlan 20 and vlan 10": true,
      "vlan 0": false,
      "udp port 5001 and host 10.0.0.2": true,
      "ethertype vlan and ethertype qinq and ethertype ip": true,
      arp: false,
    });
  });

  test("knows addresses in ARP, and that it is a broadcast", () => {
    verdicts(arpRequest(A, "10.0.0.7"), {
      arp: true,
      "host 10.0.0.7": true,
      "src host 10.0.0.1": true,
      "arp dst host 10.0.0.7": true,
      "ip host 10.0.0.7": false,
      "broadcast and multicast": true,
      [`ether dst ${BROADCAST}`]: true,
    });
  });

  test("groups 'and' and 'or' from the left as tcpdump does, and 'not' binds closest", () => {
    const bytes = udp(header, "hello");
    verdicts(bytes, {
      "udp or arp and tcp": false,
      "udp or (arp and tcp)": true,
      "not arp and udp": true,
      "not (arp or udp)": false,
      "!tcp && !!udp || arp": true,
      "port (80 or 443 or 5001)": true,
      "host (not 10.0.0.1)": false,
    });
  });

  test("sees no ports in a fragment behind the first", () => {
    const bytes = udp(header, "hello");
    bytes[21] = 1;
    verdicts(bytes, { udp: true, "port 5001": false, "not port 5001": true, "host 10.0.0.1": true });
  });

  test("sees a segment that is still to be divided", () => {
    const record = largeRecord(tcpSpec({ tags: [0x8100], payload: Buffer.alloc(5_000) }), 1_448);
    const cursor = new FrameCursor();
    cursor.open(record, 0, record.length);
    assert.ok(cursor.next());
    assert.ok(new Filter("tcp and vlan and ip").matchesFrame(cursor));
    assert.ok(!new Filter("udp").matchesFrame(cursor));
  });

  test("never means what is shorter than an Ethernet header", () => {
    assert.ok(matches("not arp", frame(header, 14)));
    assert.ok(!matches("not arp", frame(header, 14).subarray(0, 13)));
  });
});

describe("a filter that cannot be read is refused with column and remedy", () => {
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ["", 1, /expected a test, such as .*, found the end/],
    ["tcp port", 9, /expected a port from 0 to 65535, or a name such as ssh, found the end/],
    ["tcp port 70000", 10, /found '70000'/],
    ["tcp and prot 80", 9, /expected a test, such as .*, found 'prot'/],
    ["host 10.0.0.256", 6, /expected an address/],
    ["host 10.0.0.0/8", 6, /expected an address/],
    ["net 10.0.0.1/8", 5, /no bits set behind its prefix/],
    ["net fd00::/129", 5, /expected a net/],
    ["net 10.0.0.0 mask 255.x", 5, /expected a net/],
    ["(arp", 5, /expected 'and', 'or' or '\)', found the end/],
    ["arp)", 4, /expected 'and', 'or' or the end, found '\)'/],
    ["arp tcp", 5, /found 'tcp'/],
    ["not", 4, /found the end/],
    ["vlan 4096", 6, /a VLAN ID from 0 to 4095/],
    ["ethertype 5", 11, /an EtherType/],
    ["ether port 80", 7, /'src', 'dst', 'host', 'proto', 'broadcast' or 'multicast'/],
    ["ether host 10.0.0.1", 12, /a MAC address/],
    ["ip host fd00::1", 9, /an address that 'ip' has/],
    ["ip6 net 10.0.0.0/8", 9, /an address that 'ip6' has/],
    ["ip port 80", 9, /'tcp', 'udp' or nothing before 'port'/],
    ["portrange 90-80", 11, /ports, such as 80-90/],
    ["proto 256", 7, /a protocol from 0 to 255/],
    ["tcp proto 6", 11, /no 'proto' behind 'tcp'/],
    ["  arp # tcp", 7, /a word or parenthesis, found '#'/],
    ["port (80 or arp)", 13, /a port from 0/],
  ];
  for (const [text, column, why] of cases) {
    test(`'${text}'`, () => {
      assert.match(complaint(text), why);
      assert.match(complaint(text), new RegExp(`^filter, column ${column}: `));
    });
  }

  test("one that is too long, too deep, or asks too much", () => {
    new Filter(`arp${" ".repeat(MAX_FILTER_LENGTH - 3)}`);
    assert.match(complaint(`arp${" ".repeat(MAX_FILTER_LENGTH - 2)}`), /longer than 8192 characters/);
    const deep = (depth: number): string => `${"(".repeat(depth)}arp${")".repeat(depth)}`;
    new Filter(deep(MAX_FILTER_DEPTH));
    assert.match(complaint(deep(MAX_FILTER_DEPTH + 1)), /nested more than 64 deep/);
    assert.match(complaint(`${"not ".repeat(MAX_FILTER_DEPTH + 1)}arp`), /nested more than 64 deep/);
    const wide = (tests: number): string => `vlan 1${" or vlan 2".repeat(tests - 1)}`;
    assert.ok(matches(wide(MAX_FILTER_TESTS), frame({ ...header, vlan: 2 })));
    assert.match(complaint(wide(MAX_FILTER_TESTS + 1)), /more than 512 tests/);
  });
});

describe("on generated input", () => {
  test("says the same of generated frames as the plain rule does", () => {
    let [yes, no] = [0, 0];
    check(
      fc.property(scripts(60), (script) => {
        const choices = Choices.from(script);
        const whole = anyFrame(choices, { everything: true });
        const bytes = choices.below(3) === 0 ? damaged(whole, choices) : whole;
        const { text, means } = anyFilter(choices);
        const verdict = matches(text, bytes);
        assert.equal(
          verdict,
          bytes.length >= 14 && means(decode(bytes)),
          `${text}: ${bytes.toString("hex")}`,
        );
        if (verdict) yes++;
        else no++;
      }),
    );
    assert.ok(yes > 0 && no > 0, `${yes} frames meant, ${no} not`);
  });

  test("refuses generated text with the one error, or takes it", () => {
    const words =
      "and or not ( ) ! && || src dst host net port portrange proto mask ip ip6 arp tcp udp icmp6 ether mac";
    const values =
      "vlan ethertype broadcast 80 10 80-90 10.0.0.1 10.0.0.0/8 fd00::/8 :: 02:00:00:00:00:01 ssh 0x800 # / \\";
    const word = fc.oneof(fc.constantFrom(...words.split(" "), ...values.split(" ")), fc.string());
    let taken = 0;
    check(
      fc.property(fc.array(word, { maxLength: 12 }), fc.uint8Array({ maxLength: 80 }), (parts, bytes) => {
        try {
          new Filter(parts.join(" ")).matches(bytes, 0, bytes.length);
          taken++;
        } catch (error) {
          assert.ok(error instanceof TapswitchError && error.code === "usage", String(error));
        }
      }),
    );
    assert.ok(taken > 0);
  });

  test("takes for a generated address what the system takes for one", () => {
    const text = fc.oneof(fc.ipV6(), fc.ipV4(), fc.stringMatching(/^[0-9a-f:.]{0,20}$/));
    check(
      fc.property(text, (address) => {
        const words = { 0: 0, 4: 1, 6: 4 }[isIP(address)];
        assert.equal(readHost(address)?.address.length ?? 0, words, address);
      }),
    );
  });
});
