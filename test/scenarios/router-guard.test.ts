/** Router advertisements and redirects come from trusted ports only [RFC 6105], with the evasions of RFC 7113. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { macOf } from "../support/frames.js";
import { guarded } from "../support/guarded.js";
import { authentication, discovery, extension, fragment, ipv6, solicitation } from "../switch/claims.js";

const ICMPV6 = 58;
const RA = discovery(134, "");

test("a trusted router is heard, and hosts may ask for one", () => {
  const { server, anna, ben, mallory } = guarded();
  server.sends(ipv6({ from: server }, "fe80::1", RA, { protocol: ICMPV6 })).reaches(anna, ben, mallory);
  const ask = ipv6({ from: anna }, "fe80::2", discovery(133, ""), { protocol: ICMPV6 });
  anna.sends(ask).reaches(server, ben, mallory);
  anna.sends(solicitation({ from: anna }, "fe80::2", "fe80::3", anna)).reaches(server, ben, mallory);
});

test("nobody else plays the router, however it hides", () => {
  const { mallory } = guarded();
  const from = mallory;
  const wrapped = (...extensions: ReturnType<typeof extension>[]) =>
    ipv6({ from }, "fe80::6", RA, { extensions, protocol: ICMPV6 });
  const attempts = [
    wrapped(),
    wrapped(extension(0)),
    wrapped(extension(60, 20)),
    wrapped(extension(43, 3), authentication(), extension(60)),
    wrapped(fragment(0, false)),
    wrapped(fragment(0, true)),
    wrapped(extension(60), fragment(0, true), extension(60)),
    wrapped(...Array.from({ length: 9 }, () => extension(60))),
    // Destination options that go on in the next fragment [RFC 7113 2.2].
    ipv6({ from }, "fe80::6", Buffer.of(ICMPV6, 40, 0, 0, 0, 0, 0, 0), {
      extensions: [fragment(0, true)],
      protocol: 60,
    }),
    ipv6({ from }, "fe80::6", RA.subarray(0, 3), { extensions: [fragment(0, true)], protocol: ICMPV6 }),
    ipv6({ from }, "fe80::6", RA, { protocol: 253 }),
    ipv6({ from, tags: [[0x8100, 0]] }, "fe80::6", RA, { protocol: ICMPV6 }),
    ipv6({ from, snap: 0 }, "fe80::6", RA, { protocol: ICMPV6 }),
    ipv6({ from }, "fd00::6", discovery(137, "fe80::6"), { protocol: ICMPV6 }),
  ];
  for (const [index, attempt] of attempts.entries()) {
    mallory.sends(attempt).reachesNobody();
    assert.equal(mallory.port.counters.drops.security, index + 1, `attempt ${index}`);
  }
});

test("a guard that does not guard routers lets them be", () => {
  const { server, anna, ben, mallory } = guarded({ ra: false });
  mallory.sends(ipv6({ from: mallory }, "fe80::6", RA, { protocol: ICMPV6 })).reaches(server, anna, ben);
});

test("later fragments and other protocols pass", () => {
  const { server, anna, ben, mallory } = guarded();
  const part = ipv6({ from: anna }, "fe80::2", Buffer.alloc(64), {
    extensions: [fragment(9, true)],
    protocol: ICMPV6,
  });
  anna.sends(part).reaches(server, ben, mallory);
  const echo = ipv6({ from: anna }, "fe80::2", Buffer.from("8000000000010001", "hex"), { protocol: ICMPV6 });
  anna.sends(echo).reaches(server, ben, mallory);
  anna
    .sends(ipv6({ from: anna }, "fd00::2", Buffer.alloc(20), { protocol: 6 }))
    .reaches(server, ben, mallory);
  assert.equal(macOf(1), server.mac);
});
