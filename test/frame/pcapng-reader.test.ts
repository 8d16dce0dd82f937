import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TapswitchError } from "../../src/errors.js";
import { CopyTarget } from "../../src/frame/copy.js";
import { interfaceBlock, sectionHeader, statisticsBlock, WallTime } from "../../src/frame/pcapng.js";
import { PacketBlock } from "../../src/frame/pcapng-packet.js";
import { type CapturedPacket, CaptureReader, WholeBlocks } from "../../src/frame/pcapng-reader.js";
import { check } from "../support/generated.js";

const FRAME = Buffer.from("ffffffffffff02000000000188b5aabbcc", "hex");

/** Two interfaces, a packet on each, and what became of them. */
function capture(): Buffer {
  const facts = { description: "tcp", snaplen: 100, filter: "arp" };
  const packet = new PacketBlock(16);
  const packets = ["in", "out"].map((direction, id) => {
    packet.interfaceId = id;
    packet.outbound = direction === "out";
    packet.dropped = direction === "out" ? "queue" : null;
    packet.time.set(1_700_000_000_123.25);
    packet.take(FRAME, 0, FRAME.length);
    const target = new CopyTarget(packet.length);
    packet.write(target, 0);
    return target.bytes;
  });
  const counts = { time: new WallTime(), received: 9, accepted: 5 };
  return Buffer.concat([
    sectionHeader("tapswitch"),
    interfaceBlock({ ...facts, name: "anna" }),
    interfaceBlock({ ...facts, name: "ben" }),
    ...packets,
    ...[0, 1].map((id) => statisticsBlock({ id, ...counts, dropped: id + 1 })),
  ]);
}

function read(...chunks: readonly Buffer[]) {
  const packets: CapturedPacket[] = [];
  const [blocks, reader] = [new WholeBlocks(), new CaptureReader((packet) => packets.push(packet))];
  const whole = chunks.map((chunk) => blocks.add(chunk));
  for (const part of whole) reader.read(part);
  return { packets, counts: reader.counts, whole: Buffer.concat(whole) };
}

test("says what is in a capture", () => {
  const { packets, counts } = read(capture());
  assert.deepEqual(counts, { ports: 2, packets: 2, dropped: 3 });
  const both = { seconds: 1_700_000_000, frame: FRAME.subarray(0, 16), length: FRAME.length };
  const nanoseconds = 123_250_000;
  assert.deepEqual(packets, [
    { ...both, nanoseconds, port: "anna", direction: "in", comment: "" },
    { ...both, nanoseconds, port: "ben", direction: "out", comment: "dropped: queue" },
  ]);
});

test("reads a generated split of a capture like the whole, and holds back what is not complete", () => {
  const file = capture();
  const whole = read(file);
  check(
    fc.property(fc.array(fc.nat(file.length), { maxLength: 6 }), fc.nat(file.length), (cuts, end) => {
      const places = [0, ...cuts.filter((at) => at < end).sort((a, b) => a - b), end];
      const found = read(...places.slice(1).map((to, index) => file.subarray(places[index], to)));
      assert.ok(found.whole.equals(file.subarray(0, found.whole.length)));
      assert.ok(end - found.whole.length < 200);
      assert.deepEqual(found.packets, whole.packets.slice(0, found.packets.length));
      if (end === file.length) assert.deepEqual(found, whole);
    }),
  );
});

test("refuses generated damage with the one error, or reads on", () => {
  const file = capture();
  const change = fc.tuple(fc.nat(file.length - 1), fc.nat(255));
  check(
    fc.property(fc.array(change, { maxLength: 8 }), fc.uint8Array({ maxLength: 40 }), (changes, behind) => {
      const damaged = Buffer.concat([file, behind]);
      for (const [at, octet] of changes) damaged[at] = octet;
      try {
        read(damaged);
      } catch (error) {
        assert.ok(error instanceof TapswitchError && error.code === "protocol", String(error));
      }
    }),
  );
});
