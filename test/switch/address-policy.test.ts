import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FrameCursor } from "../../src/frame/frame-cursor.js";
import { parseCidr } from "../../src/frame/ip-source-set.js";
import { parseMac } from "../../src/frame/mac.js";
import { finish, finishedBytes } from "../../src/frame/segment.js";
import { readSegment, SegmentView } from "../../src/frame/vnet-header.js";
import { AddressPolicy } from "../../src/switch/address-policy.js";
import { Choices, scripts } from "../support/choices.js";
import { frame, macOf } from "../support/frames.js";
import { framesOf, largeRecord, layoutOf, record, segments, vnetHeader } from "../support/frames-offload.js";
import { check } from "../support/generated.js";
import {
  advertisement,
  arp,
  authentication,
  discovery,
  extension,
  fragment,
  ipv4,
  ipv6,
  macOption,
  solicitation,
  type Tags,
  words16,
} from "./claims.js";
import { type AllowedText, mayPlainly } from "./plain-address-policy.js";

const OWN = macOf(1);
const OTHER = macOf(2);
const BOTH = { macs: [OWN], ips: ["10.0.0.1", "10.0.8.0/21", "fd00::1", "fd00:0:0:8::/61"] };
const MACS = { macs: [OWN, macOf(3)], ips: [] };
const IPS = { macs: [], ips: BOTH.ips };
const ICMPV6 = 58;

const port = { id: 1, name: "port", counters: undefined as never };

function policyOf({ macs, ips }: AllowedText): AddressPolicy {
  return new AddressPolicy({ macs: macs.map(parseMac), ips: ips.map(parseCidr) });
}

/** True if the policy lets the record pass. */
function passes(policy: AddressPolicy, bytes: Buffer): boolean {
  const cursor = new FrameCursor();
  // Elsewhere in memory than at its start, and with something behind it.
  cursor.open(Buffer.concat([Buffer.alloc(3, 0xff), bytes, Buffer.alloc(64, 0xff)]), 3, 3 + bytes.length);
  assert.ok(cursor.next());
  const refused = policy.admit(port, cursor);
  assert.ok(refused === null || refused === "security");
  return refused === null;
}

const may = (allowed: AllowedText, sent: Buffer): boolean => passes(policyOf(allowed), record(0, sent));

/** One frame of every kind that names addresses, all of them the member's own. */
function ownFrames(from = OWN, ip = "10.0.0.1", ip6 = "fd00::1", tags: Tags = []): Buffer[] {
  const by = { from, tags };
  return [
    arp(by, { mac: from, ip }),
    arp(by, { mac: from, ip }, 0x8035),
    ipv4(by, ip),
    ipv6(by, ip6),
    ipv6(by, ip6, Buffer.alloc(20), { extensions: [extension(0), extension(43, 3), extension(60)] }),
    ipv6(by, ip6, Buffer.alloc(20), { extensions: [fragment(0, true)] }),
    ipv6(by, ip6, Buffer.alloc(20), { extensions: [fragment(3, false)], protocol: ICMPV6 }),
    solicitation(by, ip6, "fd00::99", from),
    solicitation(by, "::", ip6),
    advertisement(by, ip6, ip6, from),
    ipv6(by, ip6, discovery(133, "::", macOption(1, from)), { protocol: ICMPV6 }),
    ipv6(by, ip6, discovery(134, "::", macOption(1, from)), { protocol: ICMPV6 }),
    ipv6(by, ip6, discovery(137, ip6, macOption(2, from)), { protocol: ICMPV6 }),
  ];
}

test("lets every kind of frame pass that names the member's own addresses", () => {
  for (const allowed of [BOTH, MACS, IPS]) for (const one of ownFrames()) assert.ok(may(allowed, one));
});

test("lets addresses of all the ranges pass, and none beside them", () => {
  for (const ip of ["10.0.0.1", "10.0.8.0", "10.0.15.255"]) assert.ok(may(BOTH, ipv4({ from: OWN }, ip)));
  for (const ip of ["10.0.0.0", "10.0.0.2", "10.0.7.255", "10.0.16.0", "138.0.0.1", "255.255.255.255"])
    assert.ok(!may(BOTH, ipv4({ from: OWN }, ip)), ip);
  for (const ip of ["fd00::1", "fd00:0:0:8::", "fd00:0:0:f::ffff"])
    assert.ok(may(BOTH, ipv6({ from: OWN }, ip)));
  for (const ip of ["fd00::", "fd00::2", "fd00:0:0:7::1", "fd00:0:0:10::", "7d00::1", "ff02::1"])
    assert.ok(!may(BOTH, ipv6({ from: OWN }, ip)), ip);
});

test("refuses another's address in every place that names one", () => {
  const by = { from: OWN };
  const stolen = [
    ...ownFrames(OTHER),
    arp(by, { mac: OTHER, ip: "10.0.0.1" }),
    arp(by, { mac: OWN, ip: "10.0.0.2" }),
    arp(by, { mac: OWN, ip: "10.0.0.2" }, 0x8035),
    arp(by, { mac: OTHER, ip: "0.0.0.0" }),
    ipv4(by, "10.0.0.2"),
    ipv6(by, "fd00::2"),
    solicitation(by, "fd00::1", "fd00::99", OTHER),
    solicitation(by, "fd00::2", "fd00::99", OWN),
    solicitation(by, "::", "fd00::2"),
    advertisement(by, "fd00::1", "fd00::2", OWN),
    advertisement(by, "fd00::1", "fd00::2"),
    advertisement(by, "fd00::1", "fd00::1", OTHER),
    ipv6(by, "fe80::1", discovery(133, "::", macOption(1, OTHER)), { protocol: ICMPV6 }),
    ipv6(by, "fe80::1", discovery(134, "::", macOption(1, OTHER)), { protocol: ICMPV6 }),
    ipv6(by, "fe80::1", discovery(137, "fd00::2", macOption(2, OWN)), { protocol: ICMPV6 }),
    ipv6(by, "fe80::1", discovery(137, "fd00::1", macOption(2, OTHER)), { protocol: ICMPV6 }),
  ];
  for (const one of stolen) assert.ok(!may(BOTH, one), one.toString("hex"));
});

test("lets those pass that have no address yet", () => {
  const by = { from: OWN };
  assert.ok(may(BOTH, ipv4(by, "0.0.0.0")));
  assert.ok(may(BOTH, arp(by, { mac: OWN, ip: "0.0.0.0" })));
  assert.ok(may(BOTH, ipv6(by, "::")));
  for (const ip of ["fe80::1", "febf:ffff::1"]) assert.ok(may(BOTH, advertisement(by, ip, ip, OWN)));
  for (const ip of ["fe7f::1", "fec0::1"]) assert.ok(!may(BOTH, ipv6(by, ip)));
});

test("leaves IP addresses free where only MACs are named, and the other way round", () => {
  assert.ok(ownFrames(OWN, "10.9.9.9", "fd99::9").every((one) => may(MACS, one)));
  assert.ok(ownFrames(OTHER).every((one) => may(IPS, one)));
  assert.ok(ownFrames(OTHER).every((one) => !may(MACS, one)));
  assert.ok(!ownFrames(OTHER, "10.9.9.9", "fd99::9").some((one) => may(IPS, one)));
  assert.ok(may(MACS, ipv4({ from: OWN }, "10.0.0.1").subarray(0, 14)), "a header that no rule needs");
});

test("refuses every address of the version that a grant says nothing of", () => {
  const only4 = { macs: [], ips: ["10.0.0.1"] };
  assert.ok(!may(only4, ipv6({ from: OWN }, "fd00::1")));
  assert.ok(may(only4, ipv6({ from: OWN }, "fe80::1")));
  assert.ok(!may({ macs: [], ips: ["fd00::1"] }, arp({ from: OWN }, { mac: OWN, ip: "10.0.0.1" })));
});

test("looks behind tags and LLC/SNAP headers, and refuses what is wrapped deeper", () => {
  const wrappings: Tags[] = [
    [[0x8100, 0]],
    [[0x8100, 5]],
    [[0x88a8, 7]],
    [
      [0x88a8, 7],
      [0x8100, 5],
    ],
    [
      [0x8100, 0],
      [0x8100, 0],
    ],
  ];
  for (const tags of wrappings) {
    assert.ok(ownFrames(OWN, "10.0.0.1", "fd00::1", tags).every((one) => may(BOTH, one)));
    assert.ok(!ownFrames(OWN, "10.0.0.2", "fd00::2", tags).some((one) => may(BOTH, one)));
  }
  for (const snap of [0x000000, 0x0000f8]) {
    assert.ok(may(BOTH, ipv4({ from: OWN, snap }, "10.0.0.1")));
    assert.ok(!may(BOTH, ipv4({ from: OWN, snap }, "10.0.0.2")));
    assert.ok(!may(BOTH, ipv4({ from: OWN, tags: [[0x8100, 0]], snap }, "10.0.0.2")));
  }
  const deep: Tags = [
    [0x8100, 0],
    [0x8100, 0],
    [0x8100, 0],
  ];
  assert.ok(!may(BOTH, ipv4({ from: OWN, tags: deep }, "10.0.0.1")));
  assert.ok(!may(BOTH, ipv4({ from: OWN, tags: [[0x9100, 1]] }, "10.0.0.1")));
});

test("lets a frame of another protocol pass, whatever is in it", () => {
  assert.ok(may(BOTH, frame({ to: OTHER, from: OWN })));
  assert.ok(may(BOTH, frame({ to: OTHER, from: OWN }, 14)));
});

test("finds neighbour discovery behind extension headers, and refuses it in fragments", () => {
  const stolen = discovery(136, "fd00::2", macOption(2, OWN));
  const own = discovery(136, "fd00::1", macOption(2, OWN));
  const send = (message: Buffer, ...extensions: ReturnType<typeof extension>[]): boolean =>
    may(BOTH, ipv6({ from: OWN }, "fd00::1", message, { extensions, protocol: ICMPV6 }));
  for (const type of [0, 43, 60]) {
    assert.ok(send(own, extension(type, 2)));
    assert.ok(!send(stolen, extension(type, 2)));
  }
  assert.ok(send(own, authentication()));
  assert.ok(!send(stolen, authentication()));
  for (const more of [true, false]) assert.ok(!send(own, fragment(0, more)));
  assert.ok(send(stolen, fragment(1, false)), "what follows a first fragment, which was refused");
  assert.ok(
    !may(
      BOTH,
      ipv6({ from: OWN }, "fd00::1", Buffer.alloc(8), {
        extensions: [fragment(0, true), { ...extension(60), body: Buffer.from([9, ...Buffer.alloc(6)]) }],
      }),
    ),
  );
});

test("refuses more extension headers than there are kinds of them", () => {
  const chain = (count: number) => Array.from({ length: count }, () => extension(60));
  assert.ok(may(BOTH, ipv6({ from: OWN }, "fd00::1", Buffer.alloc(8), { extensions: chain(7) })));
  assert.ok(!may(BOTH, ipv6({ from: OWN }, "fd00::1", Buffer.alloc(8), { extensions: chain(8) })));
});

test("refuses options of neighbour discovery without an end or of the wrong length", () => {
  for (const option of [
    Buffer.alloc(8),
    Buffer.from(`0202${"00".repeat(14)}`, "hex"),
    Buffer.of(14, 2, 0, 0, 0, 0, 0, 0),
  ])
    assert.ok(
      !may(BOTH, ipv6({ from: OWN }, "fd00::1", discovery(136, "fd00::1", option), { protocol: ICMPV6 })),
    );
  const [nonce, own, stolen] = [
    Buffer.from("0e01010203040506", "hex"),
    macOption(2, OWN),
    macOption(2, OTHER),
  ];
  const send = (...options: Buffer[]): boolean =>
    may(BOTH, ipv6({ from: OWN }, "fd00::1", discovery(136, "fd00::1", ...options), { protocol: ICMPV6 }));
  assert.ok(send(nonce, own, nonce));
  assert.ok(!send(nonce, own, stolen));
});

test("refuses headers that a rule needs and that are none", () => {
  const broken = (change: (bytes: Buffer) => void, sent: Buffer): boolean => {
    change(sent);
    return may(BOTH, sent);
  };
  const own = { mac: OWN, ip: "10.0.0.1" };
  assert.ok(!broken((bytes) => bytes.writeUInt8(6, 15), arp({ from: OWN }, own)), "hardware type");
  assert.ok(!broken((bytes) => bytes.writeUInt8(16, 19), arp({ from: OWN }, own)), "protocol length");
  assert.ok(!broken((bytes) => bytes.writeUInt8(0x65, 14), ipv4({ from: OWN }, own.ip)), "version");
  assert.ok(!broken((bytes) => bytes.writeUInt8(0x44, 14), ipv4({ from: OWN }, own.ip)), "header length");
  assert.ok(!broken((bytes) => bytes.writeUInt8(0x45, 14), ipv6({ from: OWN }, "fd00::1")), "version");
  assert.ok(
    !broken((bytes) => bytes.writeUInt16BE(500, 18), ipv6({ from: OWN }, "fd00::1")),
    "payload length",
  );
});

test("says the same of a frame that is cut short at any byte as the plain rule does", () => {
  const frames = [
    ...ownFrames(),
    ...ownFrames(OWN, "10.0.0.2", "fd00::2", [[0x8100, 3]]),
    ipv4({ from: OWN, snap: 0 }, "10.0.0.1"),
  ];
  for (const allowed of [BOTH, MACS, IPS]) {
    const policy = policyOf(allowed);
    for (const whole of frames) {
      for (let length = 14; length <= whole.length; length++) {
        const cut = whole.subarray(0, length);
        assert.equal(passes(policy, record(0, cut)), mayPlainly(cut, allowed), cut.toString("hex"));
      }
    }
  }
});

test("refuses frames with another's address wherever they are cut short", () => {
  const stolen = [
    arp({ from: OWN }, { mac: OWN, ip: "10.0.0.2" }),
    ipv4({ from: OWN }, "10.0.0.2"),
    ipv6({ from: OWN }, "fd00::2"),
    advertisement({ from: OWN }, "fd00::1", "fd00::2", OWN),
  ];
  for (const whole of stolen) {
    for (let length = 14; length <= whole.length; length++) assert.ok(!may(BOTH, whole.subarray(0, length)));
  }
});

test("says the same of generated frames as the plain rule does", () => {
  const grants = [
    BOTH,
    MACS,
    IPS,
    { macs: [OTHER], ips: ["0.0.0.0/0"] },
    { macs: [], ips: ["::/0", "10.0.0.0/8"] },
  ];
  const policies = grants.map(policyOf);
  check(
    fc.property(scripts(40), (script) => {
      const choices = Choices.from(script);
      const sent = anyFrame(choices);
      const index = choices.below(grants.length);
      assert.equal(
        passes(policies[index]!, record(0, sent)),
        mayPlainly(sent, grants[index]!),
        sent.toString("hex"),
      );
    }),
  );
});

test("lets a generated segment pass that names the member's addresses, and refuses another's", () => {
  check(
    fc.property(segments(), ({ spec, gsoSize }) => {
      const large = largeRecord(spec, gsoSize);
      const { ip } = layoutOf(spec);
      const at = 14 + ip + (spec.version === 4 ? 12 : 8);
      large[at] = 0x20; // noise may be anything, such as link-local
      const address = large.subarray(at, at + (spec.version === 4 ? 4 : 16));
      const text = spec.version === 4 ? address.join(".") : address.toString("hex").match(/..../g)!.join(":");
      const mac = large.subarray(20, 26).toString("hex").match(/../g)!.join(":");
      assert.ok(passes(policyOf({ macs: [mac], ips: [text] }), large));
      assert.ok(!passes(policyOf({ macs: [mac], ips: ["198.51.100.1", "2001:db8::1"] }), large));
      assert.ok(!passes(policyOf({ macs: [OWN], ips: [] }), large));
    }),
  );
});

test("lets no generated frame pass that becomes another's when its checksum is written", () => {
  const policies = [BOTH, MACS, IPS].map((allowed) => [policyOf(allowed), allowed] as const);
  let admitted = 0;
  check(
    fc.property(scripts(40), (script) => {
      const choices = Choices.from(script);
      const unfinished = anyFrame(choices);
      const start = choices.of(14, 16, 18, 20, 34, 54, 58) + choices.below(8);
      const large = record(1, vnetHeader(1, 0, 0, 0, start, choices.of(0, 2, 6, 16)), unfinished);
      const view = new SegmentView();
      if (!readSegment(large, 0, large.length, view)) return;
      const finished = Buffer.alloc(finishedBytes(view));
      finish(large, 0, view, finished, 0);
      const field = start + view.csumOffset;
      for (const [policy, allowed] of policies) {
        if (!passes(policy, large)) continue;
        admitted++;
        for (const sum of [0x0800, 0x86dd, 0x0806, 0x8100, 0x0002, 0x8700, choices.below(65_536)]) {
          const [received] = framesOf(finished);
          assert.ok(
            mayPlainly(received!, allowed),
            `${large.toString("hex")} became ${received!.toString("hex")}`,
          );
          received!.writeUInt16BE(sum, field);
          assert.ok(mayPlainly(received!, allowed), received!.toString("hex"));
        }
      }
    }),
  );
  assert.ok(admitted > 0);
});

test("refuses a checksum that would be written over an address or a type", () => {
  const send = (sent: Buffer, csumStart: number, csumOffset: number): boolean =>
    passes(policyOf(BOTH), record(1, vnetHeader(1, 0, 0, 0, csumStart, csumOffset), sent));
  const own = { mac: OWN, ip: "10.0.0.1" };
  assert.ok(send(ipv4({ from: OWN }, "10.0.0.1"), 34, 6));
  assert.ok(!send(ipv4({ from: OWN }, "10.0.0.1"), 14, 14), "source address");
  assert.ok(!send(ipv4({ from: OWN, tags: [[0x8100, 5]] }, "10.0.0.1"), 14, 2), "inner type");
  assert.ok(!send(frame({ to: OTHER, from: OWN, vlan: 5 }), 14, 2), "a type that would become IPv4");
  assert.ok(send(frame({ to: OTHER, from: OWN, vlan: 5 }), 14, 4));
  assert.ok(!send(arp({ from: OWN }, own), 14, 16), "sender in ARP");
  assert.ok(
    !send(ipv6({ from: OWN }, "fd00::1", discovery(136, "fd00::1"), { protocol: ICMPV6 }), 54, 22),
    "target",
  );
  assert.ok(
    !send(ipv6({ from: OWN }, "fd00::1", Buffer.alloc(40), { protocol: ICMPV6 }), 54, 0),
    "ICMPv6 type",
  );
  assert.ok(send(ipv6({ from: OWN }, "fd00::1", Buffer.alloc(40), { protocol: ICMPV6 }), 54, 2));
});

test("takes many addresses", () => {
  const macs = Array.from({ length: 256 }, (_, index) => macOf(index));
  const ips = Array.from({ length: 256 }, (_, index) => `10.1.${index}.7`);
  const policy = policyOf({ macs: [...macs, ...macs], ips });
  for (let index = 0; index < 256; index++) {
    assert.ok(passes(policy, record(0, ipv4({ from: macOf(index) }, `10.1.${index}.7`))));
    assert.ok(!passes(policy, record(0, ipv4({ from: macOf(index) }, `10.1.${index}.8`))));
  }
  assert.ok(!passes(policy, record(0, ipv4({ from: macOf(256) }, "10.1.1.7"))));
});

/** A frame that may be anything, but mostly something about addresses, now and then with a few bytes wrong. */
function anyFrame(choices: Choices): Buffer {
  const sent = Buffer.from(claim(choices));
  while (choices.onceIn(4)) sent[12 + choices.below(sent.length - 12)] = choices.below(256);
  return choices.onceIn(4) ? sent.subarray(0, 14 + choices.below(sent.length - 13)) : sent;
}

function claim(choices: Choices): Buffer {
  const mac = (): string => choices.of(OWN, OWN, OWN, OTHER, macOf(3));
  const ip = (): string => choices.of("10.0.0.1", "10.0.9.200", "0.0.0.0", "10.0.0.2", "10.0.16.0");
  const ip6 = (): string => choices.of("fd00::1", "fd00:0:0:9::1", "::", "fe80::1", "fd00::2", "fec0::1");
  const tags = Array.from(
    { length: choices.of(0, 0, 1, 2, 3) },
    () => [choices.of(0x8100, 0x88a8, 0x9100), choices.below(4096)] as const,
  );
  const snap = choices.of(undefined, undefined, 0x000000, 0x0000f8, 0x00000c);
  const by = { from: mac(), tags, ...(snap === undefined ? {} : { snap }) };
  switch (choices.below(5)) {
    case 0:
      return arp(by, { mac: mac(), ip: ip() }, choices.of(0x0806, 0x8035));
    case 1:
      return ipv4(by, ip());
    case 2:
      return ipv6(by, ip6(), Buffer.alloc(choices.below(30)), chain(choices));
    case 3:
      return ipv6(by, ip6(), message(choices, ip6(), mac), { ...chain(choices), protocol: ICMPV6 });
    default:
      return Buffer.concat([
        arp(by, { mac: mac(), ip: ip() }).subarray(0, 12),
        words16(choices.below(65_536)),
        Buffer.alloc(40, choices.below(256)),
      ]);
  }
}

function chain(choices: Choices) {
  const extensions = Array.from({ length: choices.of(0, 0, 0, 1, 2, 9) }, () =>
    choices.onceIn(3)
      ? fragment(choices.of(0, 0, 1, 8191), choices.of(false, true))
      : extension(choices.of(0, 43, 51, 60, 135), 1 + choices.below(3)),
  );
  return { extensions, protocol: choices.of(17, 6, 58, 59, 0, 44) };
}

function message(choices: Choices, target: string, mac: () => string): Buffer {
  const options = Array.from({ length: choices.below(3) }, () => {
    const option = macOption(choices.of(1, 2, 14), mac());
    if (choices.onceIn(8)) option[1] = choices.below(4);
    return option;
  });
  return discovery(choices.of(136, 135, 137, 133, 134), target, ...options);
}
