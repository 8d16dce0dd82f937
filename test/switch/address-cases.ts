/** What the tests of the address policy share: a grant, and one frame of every kind that names addresses. */
import assert from "node:assert/strict";
import { FrameCursor } from "../../src/frame/frame-cursor.js";
import { parseMac } from "../../src/frame/mac.js";
import { parseCidr } from "../../src/session/cidr.js";
import { AddressPolicy } from "../../src/switch/address-policy.js";
import { macOf } from "../support/frames.js";
import { record } from "../support/frames-offload.js";
import {
  advertisement,
  arp,
  discovery,
  extension,
  fragment,
  ipv4,
  ipv6,
  macOption,
  solicitation,
  type Tags,
} from "./claims.js";
import type { AllowedText } from "./plain-address-policy.js";

export const OWN = macOf(1);
export const OTHER = macOf(2);
export const BOTH = { macs: [OWN], ips: ["10.0.0.1", "10.0.8.0/21", "fd00::1", "fd00:0:0:8::/61"] };
export const MACS = { macs: [OWN, macOf(3)], ips: [] };
export const IPS = { macs: [], ips: BOTH.ips };
export const ICMPV6 = 58;

const port = { id: 1, name: "port", counters: undefined as never };

export function policyOf({ macs, ips }: AllowedText): AddressPolicy {
  return new AddressPolicy({ macs: macs.map(parseMac), ips: ips.map(parseCidr) });
}

/** True if the policy lets the record pass. */
export function passes(policy: AddressPolicy, bytes: Buffer): boolean {
  const cursor = new FrameCursor();
  // Elsewhere in memory than at its start, and with something behind it.
  cursor.open(Buffer.concat([Buffer.alloc(3, 0xff), bytes, Buffer.alloc(64, 0xff)]), 3, 3 + bytes.length);
  assert.ok(cursor.next());
  const refused = policy.admit(port, cursor);
  assert.ok(refused === null || refused === "security");
  return refused === null;
}

export const may = (allowed: AllowedText, sent: Buffer): boolean =>
  passes(policyOf(allowed), record(0, sent));

/** One frame of every kind that names addresses, all of them the member's own. */
export function ownFrames(from = OWN, ip = "10.0.0.1", ip6 = "fd00::1", tags: Tags = []): Buffer[] {
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
