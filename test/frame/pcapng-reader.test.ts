import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TapswitchError } from "../../src/errors.js";
import { CopyTarget } from "../../src/frame/copy.js";
import { interfaceBlock, sectionHeader, statisticsBlock, WallTime } from "../../src/frame/pcapng.js";
import { PacketBlock } from "../../src/frame/pcapng-packet.js";
import { CaptureCounter, type CapturedPacket, PacketReader } from "../../src/frame/pcapng-reader.js";
import { noise } from "../support/frames-offload.js";
import { check } from "../support/generated.js";

const FRAME = noise(600, 1);
const SNAPLEN = 500;

/** Two interfaces, a packet on each, and what became of them. */
function capture(): Buffer {
  const facts = { description: "tcp", snaplen: 100, filter: "arp" };
  const packet = new PacketBlock(SNAPLEN);
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
  const [counter, reader] = [new CaptureCounter(), new PacketReader((packet) => packets.push(packet))];
  for (const chunk of chunks) {
    counter.add(chunk);
    reader.add(chunk);
  }
  return { packets, counts: counter.counts, isComplete: counter.isComplete };
}

test("says what is in a capture", () => {
  const { packets, counts } = read(capture());
  assert.deepEqual(counts, { ports: 2, packets: 2, dropped: 3, concluded: 2 });
  const both = { seconds: 1_700_000_000, frame: FRAME.subarray(0, SNAPLEN), length: FRAME.length };
  const nanoseconds = 123_250_000;
  assert.deepEqual(packets, [
    { ...both, nanoseconds, port: "anna", direction: "in", comment: "" },
    { ...both, nanoseconds, port: "ben", direction: "out", comment: "dropped: queue" },
  ]);
});

test("reads a generated split of a capture like the whole, and knows whether it is complete", () => {
  const file = capture();
  const whole = read(file);
  const ends = [0];
  while (ends.at(-1)! < file.length) ends.push(ends.at(-1)! + file.readUInt32LE(ends.at(-1)! + 4));
  check(
    fc.property(fc.array(fc.nat(file.length), { maxLength: 6 }), fc.nat(file.length), (cuts, end) => {
      const places = [0, ...cuts.filter((at) => at < end).sort((a, b) => a - b), end];
      const found = read(...places.slice(1).map((to, index) => file.subarray(places[index], to)));
      // Before the first port, and behind the last one's statistics.
      assert.equal(found.isComplete, [0, ends[1], file.length].includes(end));
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
