import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FrameCursor } from "../../src/frame/frame-cursor.js";
import { NeighbourType, NeighbourView } from "../../src/frame/neighbour-view.js";
import { Packet, PacketView } from "../../src/frame/packet-view.js";
import { Choices, scripts } from "../support/choices.js";
import { udpHeader } from "../support/dhcp.js";
import { macOf } from "../support/frames.js";
import { record, vnetHeader } from "../support/frames-offload.js";
import { check } from "../support/generated.js";
import {
  advertisement,
  arp,
  discovery,
  extension,
  fragment,
  ip6,
  ipv4,
  ipv6,
  macOption,
  solicitation,
} from "../switch/claims.js";

const from = macOf(1);
const UDP = udpHeader(67, 68, Buffer.alloc(20));
const ICMPV6 = 58;

function viewOf(bytes: Buffer, kind: Buffer = record(0, bytes)): PacketView {
  const cursor = new FrameCursor();
  cursor.open(Buffer.concat([Buffer.alloc(5), kind, Buffer.alloc(40, 0xff)]), 5, 5 + kind.length);
  assert.ok(cursor.next());
  const view = new PacketView();
  view.read(cursor);
  return view;
}

function nameOf(bytes: Buffer): string {
  const { kind } = viewOf(bytes);
  return Object.entries(Packet).find(([, value]) => value === kind)![0];
}

/** Of kind 1, its checksum to be written at `offset` behind `start`. */
function unfinished(bytes: Buffer, start: number, offset: number): PacketView {
  return viewOf(bytes, record(1, vnetHeader(1, 0, 0, 0, start, offset), bytes));
}

describe("a guard sees", () => {
  test("what is judged, behind tags, LLC/SNAP and extension headers", () => {
    assert.equal(nameOf(ipv4({ from }, "10.0.0.1", UDP)), "udp4");
    assert.equal(
      nameOf(
        ipv4(
          {
            from,
            tags: [
              [0x88a8, 3],
              [0x8100, 4],
            ],
          },
          "10.0.0.1",
          UDP,
        ),
      ),
      "udp4",
    );
    assert.equal(nameOf(ipv4({ from, snap: 0 }, "10.0.0.1", UDP)), "udp4");
    assert.equal(nameOf(ipv6({ from }, "fe80::1", UDP)), "udp6");
    const extensions = [extension(0), extension(60, 4), extension(43), fragment(0, false)];
    assert.equal(nameOf(ipv6({ from }, "fe80::1", UDP, { extensions })), "udp6");
    assert.equal(nameOf(ipv6({ from }, "fe80::1", discovery(134, ""), { protocol: ICMPV6 })), "icmp6");
    assert.equal(nameOf(arp({ from }, { mac: from, ip: "10.0.0.1" })), "arp");
  });

  test("that other packets are none of its business", () => {
    const tcp = ipv4({ from }, "10.0.0.1");
    tcp[23] = 6;
    assert.equal(nameOf(tcp), "ipv4");
    assert.equal(nameOf(ipv6({ from }, "fe80::1", Buffer.alloc(20), { protocol: 6 })), "ipv6");
    assert.equal(nameOf(Buffer.concat([tcp.subarray(0, 12), Buffer.from("88b50000", "hex")])), "other");
  });

  test("later fragments as packets whose upper protocol is elsewhere", () => {
    const later = ipv4({ from }, "10.0.0.1", UDP);
    later.writeUInt16BE(3, 20);
    assert.equal(nameOf(later), "ipv4");
    assert.equal(nameOf(ipv6({ from }, "fe80::1", UDP, { extensions: [fragment(2, true)] })), "ipv6");
  });

  test("that a first fragment without its upper header hides something", () => {
    const first = ipv4({ from }, "10.0.0.1", UDP.subarray(0, 7));
    first.writeUInt16BE(0x2000, 20);
    assert.equal(nameOf(first), "hidden");
    for (const protocol of [17, ICMPV6]) {
      const sent = ipv6({ from }, "fe80::1", Buffer.alloc(0), { extensions: [fragment(0, true)], protocol });
      assert.equal(nameOf(sent), "hidden");
    }
    const cut = ipv6({ from }, "fe80::1", Buffer.of(58, 9, 0, 0, 0, 0, 0, 0), {
      extensions: [fragment(0, true)],
      protocol: 60,
    });
    assert.equal(nameOf(cut), "hidden", "destination options that go on in the next fragment");
  });

  test("that nothing can be seen behind three tags, a false length, or a header that it does not know", () => {
    assert.equal(
      nameOf(
        ipv4(
          {
            from,
            tags: [
              [0x8100, 1],
              [0x8100, 2],
              [0x8100, 3],
            ],
          },
          "10.0.0.1",
          UDP,
        ),
      ),
      "hidden",
    );
    const long = ipv4({ from }, "10.0.0.1", UDP);
    long.writeUInt16BE(1_000, 16);
    assert.equal(nameOf(long), "hidden");
    for (const protocol of [135, 139, 140, 253, 254])
      assert.equal(nameOf(ipv6({ from }, "fe80::1", UDP, { protocol })), "hidden");
    assert.equal(nameOf(arp({ from }, { mac: from, ip: "10.0.0.1" }).subarray(0, 41)), "hidden");
  });

  test("a checksum that would be written over what it has read", () => {
    const datagram = ipv4({ from }, "10.0.0.1", UDP);
    assert.equal(unfinished(datagram, 34, 6).kind, Packet.udp4);
    assert.ok(unfinished(datagram, 34, 6).isFinal);
    for (const offset of [0, 2, 4, 5, 7])
      assert.equal(unfinished(datagram, 34, offset).kind, Packet.hidden, `${offset}`);
    const tunnel = unfinished(datagram, 50, 4);
    assert.deepEqual([tunnel.kind, tunnel.isFinal], [Packet.udp4, false], "behind the header: a tunnel");
    const other = ipv4({ from }, "10.0.0.1");
    other[23] = 6;
    assert.equal(unfinished(other, 14, 9).kind, Packet.hidden, "the protocol");
    assert.equal(unfinished(other, 34, 0).kind, Packet.ipv4);
    const claim = arp({ from }, { mac: from, ip: "10.0.0.1" });
    assert.equal(unfinished(claim, 14, 14).kind, Packet.hidden);
    const router = ipv6({ from }, "fe80::1", discovery(134, ""), { protocol: ICMPV6 });
    assert.equal(unfinished(router, 54, 2).kind, Packet.icmp6);
    assert.equal(unfinished(router, 54, 0).kind, Packet.hidden);
  });
});

describe("neighbour discovery", () => {
  const neighbour = (bytes: Buffer): NeighbourView | null => {
    const view = new NeighbourView();
    return view.read(viewOf(bytes)) ? view : null;
  };
  const claimed = (bytes: Buffer): string | undefined => {
    const packet = viewOf(bytes);
    const view = new NeighbourView();
    if (!view.read(packet) || view.claimAt < 0) return undefined;
    return Buffer.from(packet.bytes.subarray(view.claimAt, view.claimAt + 16)).toString("hex");
  };

  test("says which address its sender claims, and which MAC goes with it", () => {
    assert.equal(claimed(solicitation({ from }, "fd00::1", "fd00::2", from)), ip6("fd00::1").toString("hex"));
    assert.equal(claimed(solicitation({ from }, "::", "fd00::2")), ip6("fd00::2").toString("hex"));
    assert.equal(
      claimed(advertisement({ from }, "fe80::1", "fd00::1", from)),
      ip6("fd00::1").toString("hex"),
    );
    const solicited = neighbour(solicitation({ from }, "fd00::1", "fd00::2", from))!;
    assert.equal(solicited.type, NeighbourType.solicitation);
    assert.ok(solicited.macAt > 0);
    assert.equal(neighbour(advertisement({ from }, "fe80::1", "fd00::1"))!.macAt, -1);
  });

  test("is none in a fragment, from beyond a router, cut short, or with options that end nowhere", () => {
    const sound = solicitation({ from }, "fd00::1", "fd00::2", from);
    assert.ok(neighbour(sound));
    const far = Buffer.from(sound);
    far[21] = 254;
    assert.equal(neighbour(far), null);
    const options = (...list: Uint8Array[]) =>
      ipv6({ from }, "fd00::1", discovery(135, "fd00::2", ...list), { protocol: ICMPV6 });
    assert.equal(neighbour(options(Buffer.of(1, 0, 1, 1, 1, 1, 1, 1))), null);
    assert.equal(neighbour(options(Buffer.of(1, 2, 1, 1, 1, 1, 1, 1))), null);
    assert.equal(
      neighbour(options(Buffer.concat([Buffer.of(1, 2), Buffer.alloc(14)]))),
      null,
      "a MAC of 14 bytes",
    );
    assert.ok(neighbour(options(Buffer.concat([Buffer.of(14, 2), Buffer.alloc(14)]), macOption(1, from))));
    const part = { extensions: [fragment(0, false)], protocol: ICMPV6 };
    assert.equal(neighbour(ipv6({ from }, "fd00::1", discovery(135, "fd00::2"), part)), null);
  });

  test("is never read past its end, wherever that is", () => {
    const sound = advertisement({ from }, "fd00::1", "fd00::1", from);
    for (let end = 14; end < sound.length; end++)
      assert.equal(neighbour(sound.subarray(0, end)), null, `${end}`);
  });
});

test("reads generated packets without a throw, and never past their end", () => {
  const neighbour = new NeighbourView();
  check(
    fc.property(scripts(30), (script) => {
      const choices = Choices.from(script);
      const sent = packet(choices);
      while (choices.onceIn(3)) sent[12 + choices.below(sent.length - 12)] = choices.below(256);
      const bytes = sent.subarray(0, 14 + choices.below(sent.length - 13));
      const whole = choices.onceIn(3)
        ? record(1, vnetHeader(1, 0, 0, 0, 14 + choices.below(40), choices.below(20)), bytes)
        : record(0, bytes);
      const view = viewOf(bytes, whole);
      const end = 5 + whole.length;
      if (view.kind === Packet.arp) assert.ok(view.networkAt + 28 <= end);
      if (view.kind === Packet.udp4 || view.kind === Packet.udp6)
        assert.ok(view.at + 8 <= view.end && view.end <= end);
      if (view.kind === Packet.icmp6) assert.ok(view.at + 4 <= view.end && view.end <= end);
      if (neighbour.read(view)) assert.ok(neighbour.macAt + 6 <= end && neighbour.claimAt + 16 <= end);
    }),
  );
});

function packet(choices: Choices): Buffer {
  const tags = Array.from(
    { length: choices.of(0, 0, 1, 2, 3) },
    () => [choices.of(0x8100, 0x88a8, 0x9100), choices.below(4096)] as const,
  );
  const by = { from, tags, ...(choices.onceIn(4) ? { snap: 0 } : {}) };
  const extensions = Array.from({ length: choices.of(0, 0, 1, 2, 9) }, () =>
    choices.onceIn(3)
      ? fragment(choices.of(0, 0, 1), choices.of(false, true))
      : extension(choices.of(0, 43, 51, 60, 135), 1 + choices.below(3)),
  );
  const message = discovery(
    choices.of(133, 134, 135, 136, 137),
    "fd00::2",
    macOption(choices.of(1, 2), from),
  );
  switch (choices.below(4)) {
    case 0:
      return arp(by, { mac: from, ip: "10.0.0.1" });
    case 1:
      return ipv4(by, "10.0.0.1", UDP);
    case 2:
      return ipv6(by, "fe80::1", UDP, { extensions, protocol: choices.of(17, 6, 0, 44, 140) });
    default:
      return ipv6(by, choices.of("fe80::1", "::"), message, { extensions, protocol: ICMPV6 });
  }
}
