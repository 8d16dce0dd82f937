import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { finish, finishedBytes } from "../../src/frame/segment.js";
import { readSegment, SegmentView } from "../../src/frame/vnet-header.js";
import {
  ACK,
  buildFrame,
  buildUnfinished,
  CWR,
  FIN,
  type FrameSpec,
  framesOf,
  largeRecord,
  layoutOf,
  noise,
  PSH,
  reassemble,
  record,
  segments,
  slowSum,
  tcpSpec,
  vnetHeader,
} from "../support/frames-offload.js";
import { check } from "../support/generated.js";

const view = new SegmentView();

/** Finishes one record that stands at some offset, to another offset. */
function finished(bytes: Buffer): Buffer {
  const source = Buffer.concat([noise(5, 1), bytes, noise(5, 2)]);
  assert.ok(readSegment(source, 5, 5 + bytes.length, view));
  const target = Buffer.alloc(3 + finishedBytes(view));
  assert.equal(finish(source, 5, view, target, 3), target.length);
  assert.deepEqual(source.subarray(5, 5 + bytes.length), bytes, "the source was changed");
  return target.subarray(3);
}

function divided(fields: Partial<FrameSpec>, gsoSize: number): Buffer[] {
  return framesOf(finished(largeRecord(tcpSpec(fields), gsoSize)));
}

test("divides a segment whose bytes are known: CWR on the first frame, PSH on the last", () => {
  const ethernet = "0200000000020200000000010800";
  const segment =
    "4500002e123440004006a742c0a80001c0a80002" + "04d200500000000100000002509801f681740000" + "0a0b0c0d0e0f";
  const first =
    "4500002c123440004006a744c0a80001c0a80002" + "04d200500000000100000002509001f610ca0000" + "0a0b0c0d";
  const last =
    "4500002a123540004006a745c0a80001c0a80002" + "04d200500000000500000002501801f619490000" + "0e0f";
  const bytes = record(1, vnetHeader(1, 0x81, 54, 4, 34, 16), Buffer.from(ethernet + segment, "hex"));
  const frames = framesOf(finished(bytes)).map((frame) => frame.toString("hex"));
  assert.deepEqual(frames, [ethernet + first, ethernet + last]);
});

test("keeps FIN and PSH for the last frame and CWR for the first", () => {
  const flags = (set: number) =>
    divided({ flags: set, payload: noise(300, 1) }, 100).map((frame) => frame[14 + 20 + 13]);
  assert.deepEqual(flags(FIN | PSH | ACK | CWR), [ACK | CWR, ACK, ACK | PSH | FIN]);
  assert.deepEqual(flags(ACK), [ACK, ACK, ACK]);
  assert.deepEqual(flags(0x7f), [0x76, 0x76, 0x7f]);
});

test("keeps all flags where the segment becomes one frame", () => {
  const [frame] = divided({ flags: 0xff, payload: noise(100, 1) }, 100);
  assert.equal(frame![14 + 20 + 13], 0xff);
});

test("counts the IPv4 ID up past 65,535", () => {
  const ids = divided({ id: 0xfffe, payload: noise(400, 1) }, 100).map((frame) => frame.readUInt16BE(18));
  assert.deepEqual(ids, [0xfffe, 0xffff, 0, 1]);
});

test("counts the sequence number up past 2^32", () => {
  const frames = divided({ sequence: 0xffff_ff38, payload: noise(400, 1) }, 100);
  const numbers = frames.map((frame) => frame.readUInt32BE(38));
  assert.deepEqual(numbers, [0xffff_ff38, 0xffff_ff9c, 0, 100]);
});

test("writes a UDP checksum that comes to zero as 0xffff, alone and in a segment", () => {
  const spec = tcpSpec({ protocol: "udp", payload: Buffer.alloc(20) });
  const { transport, payload } = layoutOf(spec);
  spec.payload.writeUInt16BE(0xffff - slowSum(buildUnfinished(spec).subarray(transport)));
  const alone = record(1, vnetHeader(1, 0, 0, 0, transport, 6), buildUnfinished(spec));
  assert.equal(framesOf(finished(alone))[0]!.readUInt16BE(transport + 6), 0xffff);
  const twice = { ...spec, payload: Buffer.concat([spec.payload, spec.payload]) };
  const frames = framesOf(finished(largeRecord(twice, 20)));
  assert.equal(frames.length, 2);
  assert.equal(frames[0]!.readUInt16BE(transport + 6), 0xffff);
  assert.deepEqual(frames[0]!.subarray(payload), spec.payload);
});

test("writes a TCP checksum that comes to zero as zero", () => {
  const spec = tcpSpec({ payload: Buffer.alloc(20) });
  const { transport } = layoutOf(spec);
  spec.payload.writeUInt16BE(0xffff - slowSum(buildUnfinished(spec).subarray(transport)));
  const [frame] = framesOf(finished(largeRecord(spec, 20)));
  assert.equal(frame!.readUInt16BE(transport + 16), 0);
});

test("completes a checksum alone, of any protocol", () => {
  const frame = noise(81, 3);
  const [completed] = framesOf(finished(record(1, vnetHeader(1, 0, 0, 0, 30, 2), frame)));
  // The field held the pseudo-header's sum: with it, the whole must come to ones [RFC 1071 1].
  assert.equal(slowSum(frame.subarray(32, 34), completed!.subarray(30)), 0xffff);
  frame.copy(completed!, 32, 32, 34);
  assert.deepEqual(completed, frame);
});

test("copies a frame that needs nothing", () => {
  const frame = noise(14, 4);
  assert.deepEqual(finished(record(1, vnetHeader(0, 0, 0, 0, 0, 0), frame)), record(0, frame));
});

test("completes a segment that fits one frame to what its sender would have sent", () => {
  const spec = tcpSpec({ version: 6, tags: [0x8100], payload: noise(77, 5) });
  assert.deepEqual(finished(largeRecord(spec, 77)), record(0, buildFrame(spec)));
});

test("divides generated segments of every shape into right frames that make the segment again", () => {
  check(
    fc.property(segments(), ({ spec, gsoSize }) => {
      const frames = framesOf(finished(largeRecord(spec, gsoSize)));
      assert.equal(frames.length, view.segments);
      assert.deepEqual(reassemble(frames, spec, gsoSize), buildUnfinished(spec));
    }),
  );
});
