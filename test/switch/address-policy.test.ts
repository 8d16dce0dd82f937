import assert from "node:assert/strict";
import { test } from "node:test";
import { frame, macOf } from "../support/frames.js";
import { record } from "../support/frames-offload.js";
import { BOTH, ICMPV6, IPS, MACS, may, OTHER, OWN, ownFrames, passes, policyOf } from "./address-cases.js";
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
} from "./claims.js";
import { mayPlainly } from "./plain-address-policy.js";

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
