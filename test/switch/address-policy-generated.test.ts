import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { finish, finishedBytes } from "../../src/frame/segment.js";
import { readSegment, SegmentView } from "../../src/frame/vnet-header.js";
import { Choices, scripts } from "../support/choices.js";
import { frame, macOf } from "../support/frames.js";
import { framesOf, largeRecord, layoutOf, record, segments, vnetHeader } from "../support/frames-offload.js";
import { check } from "../support/generated.js";
import { BOTH, ICMPV6, IPS, MACS, OTHER, OWN, passes, policyOf } from "./address-cases.js";
import { arp, discovery, extension, fragment, ipv4, ipv6, macOption, words16 } from "./claims.js";
import { mayPlainly } from "./plain-address-policy.js";

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
