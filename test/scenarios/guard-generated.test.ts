/** Whatever an untrusted port sends, no guard throws, and no client hears a server or a router. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readDhcp4 } from "../../src/frame/dhcp4.js";
import { FrameCursor } from "../../src/frame/frame-cursor.js";
import { Packet, PacketView } from "../../src/frame/packet-view.js";
import { Choices, scripts } from "../support/choices.js";
import { fromClient, fromServer, option6, udpHeader } from "../support/dhcp.js";
import { batchOf } from "../support/frames.js";
import { check } from "../support/generated.js";
import { guarded } from "../support/guarded.js";
import { arp, discovery, extension, fragment, ipv4, ipv6, macOption } from "../switch/claims.js";

test("generated frames bring no server's or router's word past the guards, and make none throw", () => {
  const { anna, mallory } = guarded({ addresses: "first", suppress: true });
  let passed = 0;
  check(
    fc.property(scripts(30), (script) => {
      const choices = Choices.from(script);
      const sent = hostile(choices, mallory.mac);
      while (choices.onceIn(3)) sent[14 + choices.below(sent.length - 14)] = choices.below(256);
      mallory.sends(sent.subarray(0, choices.onceIn(4) ? 14 + choices.below(sent.length - 13) : sent.length));
      for (const heard of anna.inbox) {
        passed++;
        assert.ok(!isForbidden(heard), heard.toString("hex"));
      }
    }),
  );
  assert.ok(passed > 0);
});

/** A plain receiver's view: an answer to DHCP clients, an advertisement of a router, a redirect. */
function isForbidden(frame: Buffer): boolean {
  const cursor = new FrameCursor();
  const { bytes, start, end } = batchOf(frame);
  cursor.open(bytes, start, end);
  cursor.next();
  const view = new PacketView();
  view.read(cursor);
  const port = (): number => bytes.readUInt16BE(view.at + 2);
  if (view.kind === Packet.udp4)
    return port() === 68 || (port() === 67 && readDhcp4(bytes, view.at + 8, view.end)?.op === 2);
  if (view.kind === Packet.udp6) return port() === 546;
  return view.kind === Packet.icmp6 && (bytes[view.at] === 134 || bytes[view.at] === 137);
}

function hostile(choices: Choices, from: string): Buffer {
  const tags = Array.from(
    { length: choices.of(0, 0, 1, 2, 3) },
    () => [choices.of(0x8100, 0x88a8), choices.below(3)] as const,
  );
  const by = { from, tags, ...(choices.onceIn(5) ? { snap: 0 } : {}) };
  const extensions = Array.from({ length: choices.of(0, 0, 1, 2, 8) }, () =>
    choices.onceIn(3)
      ? fragment(choices.of(0, 0, 1), choices.of(false, true))
      : extension(choices.of(0, 43, 60, 135), 1 + choices.below(3)),
  );
  switch (choices.below(6)) {
    case 0:
      return fromServer({ from, type: choices.of(2, 5, 6) });
    case 1:
      return fromClient({ from, type: choices.of(1, 3, 4, 7, 8), op: choices.of(1, 2) });
    case 2:
      return ipv4(by, "10.0.0.9", fromServer({ from }).subarray(34));
    case 3:
      return arp(by, { mac: from, ip: choices.of("10.0.0.9", "0.0.0.0") });
    case 4:
      return ipv6(
        by,
        "fe80::6",
        udpHeader(
          547,
          choices.of(546, 547, 53),
          Buffer.concat([Buffer.of(choices.below(14), 0, 0, 1), option6(1, Buffer.of(1))]),
        ),
        { extensions },
      );
    default:
      return ipv6(
        by,
        choices.of("fe80::6", "::"),
        discovery(133 + choices.below(5), "fd00::9", macOption(1, from)),
        { extensions, protocol: 58 },
      );
  }
}
