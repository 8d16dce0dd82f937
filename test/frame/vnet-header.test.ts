import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Offload } from "../../src/frame/offload.js";
import { MAX_FRAME, recordFault } from "../../src/frame/record.js";
import { finish, finishedBytes, MAX_FINISHED } from "../../src/frame/segment.js";
import { MAX_SEGMENTS, readSegment, SegmentView, writeVnetHeader } from "../../src/frame/vnet-header.js";
import {
  type FrameSpec,
  gsoTypeOf,
  largeRecord,
  layoutOf,
  noise,
  record,
  recordsOf,
  segments,
  tcpSpec,
  vnetHeader,
} from "../support/frames-offload.js";
import { check } from "../support/generated.js";

/** The virtio-net header stands behind the record header, the frame behind both. */
const VNET = 4;
const FRAME = 14;
const view = new SegmentView();

function read(bytes: Buffer): boolean {
  return readSegment(bytes, 0, bytes.length, view);
}

/** A segment of `fields` in frames of 100 bytes, changed by `change` before it is read. */
function accepts(
  fields: Partial<FrameSpec>,
  change: (bytes: Buffer, spec: FrameSpec) => Buffer | undefined,
): boolean {
  const spec = tcpSpec({ payload: noise(1000, 9), ...fields });
  const bytes = largeRecord(spec, 100);
  assert.ok(read(bytes), "the unchanged segment must be accepted");
  return read(change(bytes, spec) ?? bytes);
}

/** As `accepts`, with one number written into the record: at `at`, `width` bytes, little-endian in the header. */
function acceptsField(fields: Partial<FrameSpec>, at: number, width: 1 | 2, value: number): boolean {
  return accepts(fields, (bytes) => {
    if (width === 1) bytes[at] = value;
    else if (at < FRAME) bytes.writeUInt16LE(value, at);
    else bytes.writeUInt16BE(value, at);
    return undefined;
  });
}

test("reads a TCP/IPv4 segment and works out its headers", () => {
  const spec = tcpSpec({ tags: [0x88a8, 0x8100], ipOptions: 8, tcpOptions: 12, payload: noise(3001, 1) });
  const bytes = largeRecord(spec, 1000);
  bytes.writeUInt16LE(1234, VNET + 2);
  assert.ok(read(bytes));
  assert.deepEqual(
    { ...view },
    {
      gsoType: 1,
      gsoSize: 1000,
      ecn: false,
      needsCsum: true,
      csumStart: 50,
      csumOffset: 16,
      headerLength: 82,
      payloadLength: 3001,
      ipOffset: 22,
      ipVersion: 4,
      segments: 4,
      needs: Offload.csum | Offload.tso4,
      largestFrame: 1082,
    },
  );
  assert.equal(finishedBytes(view), 4 * 86 + 3001);
});

test("names the offloads that each kind of segment needs", () => {
  const needs = (fields: Partial<FrameSpec>): number => {
    assert.ok(read(largeRecord(tcpSpec({ payload: noise(500, 1), ...fields }), 100)));
    return view.needs;
  };
  assert.equal(needs({}), Offload.csum | Offload.tso4);
  assert.equal(needs({ version: 6 }), Offload.csum | Offload.tso6);
  assert.equal(needs({ flags: 0x90 }), Offload.csum | Offload.tso4 | Offload.ecn);
  assert.equal(needs({ version: 6, flags: 0x90 }), Offload.csum | Offload.tso6 | Offload.ecn);
  assert.equal(needs({ protocol: "udp" }), Offload.csum | Offload.uso);
  assert.equal(needs({ protocol: "udp", version: 6 }), Offload.csum | Offload.uso);
});

test("reads a frame that only lacks its checksum, of any protocol", () => {
  assert.ok(read(record(1, vnetHeader(1, 0, 0, 0, 14, 2), noise(60, 1))));
  assert.equal(view.needs, Offload.csum);
  assert.equal(view.segments, 1);
  assert.equal(view.largestFrame, 60);
  assert.equal(finishedBytes(view), 64);
});

test("reads a frame that needs nothing, and ignores the flags that ask for nothing", () => {
  for (const flags of [0, 2, 4, 6]) {
    assert.ok(read(record(1, vnetHeader(flags, 0, 0, 0, 9999, 9999), noise(14, 1))));
    assert.equal(view.needs, 0);
    assert.equal(finishedBytes(view), 18);
  }
});

test("reads a segment no longer than gso_size as one frame", () => {
  assert.ok(read(largeRecord(tcpSpec({ payload: noise(100, 1) }), 100)));
  assert.equal(view.segments, 1);
  assert.equal(view.largestFrame, 166);
  assert.ok(read(largeRecord(tcpSpec(), 100)));
  assert.equal(view.segments, 1);
});

test("refuses a checksum field outside the frame or inside the Ethernet header", () => {
  const reads = (start: number, offset: number) =>
    read(record(1, vnetHeader(1, 0, 0, 0, start, offset), noise(60, 1)));
  assert.ok(reads(42, 16));
  assert.equal(reads(43, 16), false);
  assert.equal(reads(60, 0), false);
  assert.equal(reads(0xffff, 0xffff), false);
  assert.equal(reads(13, 16), false);
});

test("refuses types of segmentation it does not know, legacy UDP fragmentation among them", () => {
  for (const type of [2, 3, 6, 7, 0x40, 0x41, 0x80, 0x83, 0x85, 0xff]) {
    assert.equal(acceptsField({}, VNET + 1, 1, type), false, `gso_type ${type}`);
  }
});

test("refuses a segment without checksum offload or without a size", () => {
  assert.equal(acceptsField({}, VNET, 1, 0), false);
  assert.equal(acceptsField({}, VNET, 1, 2), false);
  assert.equal(acceptsField({}, VNET + 4, 2, 0), false);
});

test("refuses a type that is not the frame's EtherType, IP version or protocol", () => {
  assert.equal(acceptsField({}, VNET + 1, 1, 4), false);
  assert.equal(acceptsField({}, VNET + 1, 1, 5), false);
  assert.equal(acceptsField({ version: 6 }, VNET + 1, 1, 1), false);
  assert.equal(acceptsField({ protocol: "udp" }, VNET + 1, 1, 1), false);
  assert.equal(acceptsField({}, FRAME + 12, 2, 0x0806), false);
  assert.equal(acceptsField({}, FRAME + 12, 2, 0x86dd), false);
  assert.equal(acceptsField({}, FRAME + 14, 1, 0x65), false);
  assert.equal(acceptsField({ version: 6 }, FRAME + 14, 1, 0x40), false);
  assert.equal(acceptsField({}, FRAME + 23, 1, 17), false);
});

test("refuses IP headers and lengths that are not those of the frame", () => {
  assert.equal(acceptsField({}, FRAME + 14, 1, 0x44), false, "header shorter than 20");
  assert.equal(acceptsField({}, FRAME + 14, 1, 0x4f), false, "header with options that are TCP's");
  assert.equal(acceptsField({}, FRAME + 16, 2, 1051), false, "total length shorter");
  assert.equal(acceptsField({}, FRAME + 16, 2, 1053), false, "total length longer");
  assert.equal(acceptsField({ version: 6 }, FRAME + 18, 2, 1031), false, "payload length shorter");
  assert.equal(acceptsField({ version: 6 }, FRAME + 18, 2, 0), false, "jumbogram");
  const padded = (bytes: Buffer) => record(1, bytes.subarray(VNET), Buffer.alloc(1));
  assert.equal(accepts({}, padded), false);
  assert.equal(accepts({ version: 6 }, padded), false);
  assert.equal(accepts({ protocol: "udp" }, padded), false);
});

test("refuses an IPv4 header shorter than 20 bytes, even where checksum and TCP header agree with it", () => {
  const shortened = (bytes: Buffer, header: number) => {
    bytes[FRAME + 14] = 0x40 | (header / 4);
    bytes[FRAME + 14 + header + 12] = 0x50;
    bytes.writeUInt16LE(14 + header, VNET + 6);
    return bytes;
  };
  assert.ok(accepts({ ipOptions: 4 }, (bytes) => shortened(bytes, 20)));
  assert.ok(!accepts({}, (bytes) => shortened(bytes, 16)));
});

test("refuses fragments", () => {
  assert.ok(acceptsField({}, FRAME + 20, 2, 0), "may be fragmented, but is not");
  assert.equal(acceptsField({}, FRAME + 20, 2, 0x2000), false);
  assert.equal(acceptsField({}, FRAME + 20, 2, 0x0001), false);
  assert.equal(acceptsField({ version: 6, extensions: [{ type: 0, length: 8 }] }, FRAME + 20, 1, 44), false);
});

test("refuses checksum fields that are not those of the TCP or UDP header", () => {
  assert.equal(acceptsField({}, VNET + 6, 2, 33), false);
  assert.equal(acceptsField({ ipOptions: 4 }, VNET + 6, 2, 34), false);
  assert.equal(acceptsField({}, VNET + 8, 2, 6), false);
  assert.equal(acceptsField({ protocol: "udp" }, VNET + 8, 2, 16), false);
});

test("refuses TCP and UDP headers that do not fit", () => {
  assert.equal(acceptsField({}, FRAME + 46, 1, 0x40), false);
  assert.equal(acceptsField({ payload: noise(8, 1) }, FRAME + 46, 1, 0xf0), false);
  assert.equal(acceptsField({ protocol: "udp" }, FRAME + 38, 2, 1007), false);
});

test("walks over hop-by-hop, routing and destination headers of IPv6 and no others", () => {
  const extensions = [0, 43, 60].map((type) => ({ type, length: 16 }));
  assert.ok(accepts({ version: 6, extensions }, () => undefined));
  assert.equal(view.csumStart, 14 + 40 + 48);
  assert.equal(acceptsField({ version: 6, extensions }, FRAME + 20, 1, 51), false);
  assert.equal(
    acceptsField({ version: 6, extensions }, FRAME + 55, 1, 255),
    false,
    "an extension past the end",
  );
});

test("takes two VLAN tags and refuses a third", () => {
  assert.ok(accepts({ tags: [0x8100, 0x8100] }, () => undefined));
  assert.equal(
    read(largeRecord(tcpSpec({ tags: [0x88a8, 0x8100, 0x8100], payload: noise(300, 1) }), 100)),
    false,
  );
});

test("bounds the number of frames and the bytes that each of them repeats", () => {
  assert.ok(read(largeRecord(tcpSpec({ payload: noise(MAX_SEGMENTS * 10, 1) }), 10)));
  assert.equal(view.segments, MAX_SEGMENTS);
  assert.equal(read(largeRecord(tcpSpec({ payload: noise(MAX_SEGMENTS * 10 + 1, 1) }), 10)), false);
  const extensions = (length: number) =>
    tcpSpec({ version: 6, extensions: [{ type: 43, length }], payload: noise(9, 1) });
  assert.ok(read(largeRecord(extensions(424), 1)));
  assert.equal(view.headerLength, 510);
  assert.equal(read(largeRecord(extensions(432), 1)), false);
});

test("refuses frames that are too short or too long, and a hdr_len beyond the frame", () => {
  assert.equal(read(record(1, vnetHeader(0, 0, 0, 0, 0, 0), noise(13, 1))), false);
  assert.ok(read(record(1, vnetHeader(0, 0, 0, 0, 0, 0), noise(MAX_FRAME, 1))));
  assert.equal(read(record(1, vnetHeader(0, 0, 0, 0, 0, 0), noise(MAX_FRAME + 1, 1))), false);
  assert.ok(read(record(1, vnetHeader(0, 0, 60, 0, 0, 0), noise(60, 1))));
  assert.equal(read(record(1, vnetHeader(0, 0, 61, 0, 0, 0), noise(60, 1))), false);
  const bytes = record(1, vnetHeader(0, 0, 0, 0, 0, 0), noise(60, 1));
  assert.equal(readSegment(bytes, 0, bytes.length + 1, view), false);
});

test("writes the generated header that it read", () => {
  check(
    fc.property(segments(), ({ spec, gsoSize }) => {
      const bytes = largeRecord(spec, gsoSize);
      assert.ok(read(bytes));
      const layout = layoutOf(spec);
      assert.equal(view.gsoType | (view.ecn ? 0x80 : 0), gsoTypeOf(spec));
      assert.equal(view.headerLength, layout.payload);
      assert.equal(view.segments, Math.max(1, Math.ceil(spec.payload.length / gsoSize)));
      const written = Buffer.alloc(10);
      writeVnetHeader(written, 0, view);
      assert.deepEqual(written, bytes.subarray(VNET, FRAME));
    }),
  );
});

test("never throws on generated headers, and finishes what it accepts to exactly the promised bytes", (context) => {
  const target = Buffer.alloc(MAX_FINISHED + 64);
  let accepted = 0;
  check(
    fc.property(damagedRecords(), fc.nat(32), (bytes, offset) => {
      if (!read(bytes)) return;
      accepted++;
      const size = finishedBytes(view);
      const guard = 32;
      target.fill(0xa5, 0, offset + size + guard);
      assert.equal(finish(bytes, 0, view, target, offset), offset + size);
      assert.ok(
        target.subarray(0, offset).every((byte) => byte === 0xa5),
        "wrote before the target",
      );
      assert.ok(
        target.subarray(offset + size, offset + size + guard).every((byte) => byte === 0xa5),
        "wrote behind it",
      );
      const finished = recordsOf(target.subarray(offset, offset + size));
      assert.equal(finished.length, view.segments);
      assert.equal(Math.max(...finished.map(({ payload }) => payload.length)), view.largestFrame);
      for (const { kind, payload } of finished)
        assert.equal(recordFault(kind * 2 ** 24 + payload.length), null);
    }),
  );
  context.diagnostic(`${accepted} of them were accepted`);
  assert.ok(accepted > 0);
});

/** Segments with bytes changed where the headers are, and truncated ones; rarely nothing but noise. */
function damagedRecords(): fc.Arbitrary<Buffer> {
  const change = fc.record({
    at: fc.oneof(fc.integer({ min: VNET, max: 13 }), fc.integer({ min: FRAME, max: 150 })),
    value: fc.oneof(
      fc.constantFrom(0, 1, 4, 5, 6, 16, 17, 44, 0x45, 0x60, 0x80, 0xff),
      fc.integer({ min: 0, max: 255 }),
    ),
  });
  const changes = fc.array(change, { maxLength: 3 });
  const cut = fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.double({ min: 0, max: 1, noNaN: true }));
  const damaged = fc.tuple(segments(), changes, cut).map(([{ spec, gsoSize }, damage, part]) => {
    const whole = largeRecord(spec, gsoSize);
    for (const { at, value } of damage) if (at < whole.length) whole[at] = value;
    return Buffer.from(whole.subarray(0, Math.ceil(whole.length * part)));
  });
  const random = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes));
  return fc.oneof({ weight: 9, arbitrary: damaged }, random);
}
