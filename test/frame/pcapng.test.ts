import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CopyTarget } from "../../src/frame/copy.js";
import { DROP_REASONS } from "../../src/frame/drop-reason.js";
import { interfaceBlock, sectionHeader, statisticsBlock, WallTime } from "../../src/frame/pcapng.js";
import { PacketBlock } from "../../src/frame/pcapng-packet.js";
import { check } from "../support/generated.js";
import { readPcapng } from "../support/plain-pcapng.js";

const facts = { name: "port-1", description: "tcp 10.0.0.1:4000", snaplen: 100, filter: "" };
const head = [sectionHeader("tapswitch 1.2.3"), interfaceBlock(facts)];

test("says which program, which interface and what filter", () => {
  const filtered = interfaceBlock({ ...facts, name: "zürich", filter: "tcp port 80" });
  const { application, interfaces } = readPcapng(Buffer.concat([...head, filtered]));
  assert.equal(application, "tapswitch 1.2.3");
  assert.deepEqual(interfaces, [
    { name: "port-1", description: "tcp 10.0.0.1:4000", snaplen: 100, filter: undefined },
    { name: "zürich", description: "tcp 10.0.0.1:4000", snaplen: 100, filter: "tcp port 80" },
  ]);
});

test("counts what an interface dropped, also above 2^32", () => {
  const time = new WallTime();
  const block = statisticsBlock({ id: 0, time, received: 2 ** 40 + 7, accepted: 2 ** 33, dropped: 5 });
  const { interfaces } = readPcapng(Buffer.concat([...head, block]));
  assert.deepEqual(interfaces[0]!.statistics, {
    received: 2 ** 40 + 7,
    accepted: 2 ** 33,
    dropped: 5,
    delivered: 2 ** 33 - 5,
  });
});

test("a text that is too long is cut", () => {
  const { interfaces } = readPcapng(
    Buffer.concat([head[0]!, interfaceBlock({ ...facts, filter: "x".repeat(9_000) })]),
  );
  assert.equal(interfaces[0]!.filter!.length, 1_023);
});

test("writes generated packets so that they are read back, cut at the snap length", () => {
  const target = new CopyTarget(2_048);
  const packet = new PacketBlock(100);
  const kinds = fc.record({
    data: fc.uint8Array({ minLength: 14, maxLength: 300, size: "max" }),
    outbound: fc.boolean(),
    dropped: fc.constantFrom(null, ...DROP_REASONS),
    at: fc.nat(200),
  });
  check(
    fc.property(kinds, ({ data, outbound, dropped, at }) => {
      const bytes = Buffer.from(data);
      packet.outbound = outbound;
      packet.dropped = dropped;
      packet.take(bytes, 0, bytes.length);
      target.bytes.fill(0xee);
      packet.write(target, at);
      assert.ok(target.bytes.subarray(0, at).every((octet) => octet === 0xee));
      assert.ok(target.bytes.subarray(at + packet.length).every((octet) => octet === 0xee));
      const file = Buffer.concat([...head, target.bytes.subarray(at, at + packet.length)]);
      assert.deepEqual(readPcapng(file).packets, [
        {
          on: "port-1",
          direction: outbound ? "out" : "in",
          nanoseconds: 0n,
          data: bytes.subarray(0, 100),
          length: bytes.length,
          comment: dropped === null ? undefined : `dropped: ${dropped}`,
        },
      ]);
    }),
  );
});

test("a generated time is its nanoseconds since 1970", () => {
  const time = new WallTime();
  check(
    fc.property(fc.nat(2 ** 31 - 1), fc.nat(2 ** 31 - 1), fc.nat(999), fc.nat(999), (a, b, ms, us) => {
      time.set((a + b) * 1_000 + ms + us / 1_000);
      const nanoseconds = (BigInt(time.high) << 32n) | BigInt(time.low);
      const exact = (BigInt(a) + BigInt(b)) * 1_000_000_000n + BigInt(ms) * 1_000_000n + BigInt(us) * 1_000n;
      const error = Number(nanoseconds - exact);
      // What a number holds at that size.
      assert.ok(Math.abs(error) < 500, `${nanoseconds} for ${exact}`);
    }),
  );
});
