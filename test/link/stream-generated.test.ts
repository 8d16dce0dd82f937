import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { TapswitchError } from "../../src/errors.js";
import { BUSY_BYTES } from "../../src/link/receive-buffer.js";
import { StreamLink } from "../../src/link/stream.js";
import { check } from "../support/generated.js";
import { FedSocket, message, record, split, type WireRecord } from "../support/peers.js";

interface Read {
  readonly got: WireRecord[];
  readonly error: Error | undefined;
}

/** Feeds `bytes` to a stream link in chunks whose sizes repeat; every third batch is overwritten when it has been read. */
function readThrough(bytes: Buffer, chunks: readonly number[]): Read {
  const socket = new FedSocket();
  const link = new StreamLink(socket.open, { kind: "tcp", peer: "test" });
  const got: WireRecord[] = [];
  let batches = 0;
  let error: Error | undefined;
  link.start({
    batch: ({ bytes: memory, start, end }) => {
      const view = memory.subarray(start, end);
      const { records, rest } = split(view);
      assert.equal(rest.length, 0, "a batch ends with a whole record");
      got.push(...records);
      if (++batches % 3 === 0) view.fill(0xee);
    },
    message: (text) => void got.push({ kind: 2, payload: Buffer.from(text) }),
    drain: () => undefined,
    dropped: () => undefined,
    close: (cause) => {
      error = cause;
    },
  });
  for (let at = 0, turn = 0; at < bytes.length && !socket.destroyed; turn++) {
    const count = chunks[turn % chunks.length]!;
    socket.feed(bytes.subarray(at, at + count));
    assert.ok(socket.room <= BUSY_BYTES);
    at += count;
  }
  // Without waiting for the loop to turn.
  socket.emit(socket.destroyed ? "close" : "end");
  if (!socket.destroyed) socket.emit("close");
  return { got, error };
}

/** What the rules of the wire say about `bytes`: the good records up to the first fault, and whether there is one. */
function judge(bytes: Buffer): { records: WireRecord[]; ending: "clean" | "cut" | "fault" } {
  const good: WireRecord[] = [];
  for (let at = 0; ; ) {
    if (at === bytes.length) return { records: good, ending: "clean" };
    if (bytes.length - at < 4) return { records: good, ending: "cut" };
    const kind = bytes[at]!;
    const length = bytes.readUIntBE(at + 1, 3);
    const [least, most] = (
      [
        [14, 69_632],
        [24, 69_642],
        [1, 16_384],
      ] as const
    )[kind] ?? [1, 0];
    if (length < least || length > most) return { records: good, ending: "fault" };
    if (at + 4 + length > bytes.length) return { records: good, ending: "cut" };
    good.push({ kind, payload: bytes.subarray(at + 4, at + 4 + length) });
    at += 4 + length;
  }
}

function agree(bytes: Buffer, chunks: readonly number[]): void {
  const expected = judge(bytes);
  const { got, error } = readThrough(bytes, chunks);
  assert.equal(got.length, expected.records.length);
  for (const [index, { kind, payload }] of expected.records.entries()) {
    assert.equal(got[index]!.kind, kind);
    // A message is text: what is no UTF-8 in it does not survive.
    const same = kind === 2 ? Buffer.from(payload.toString()) : payload;
    assert.ok(got[index]!.payload.equals(same), `record ${index}`);
  }
  if (expected.ending === "clean") assert.equal(error, undefined);
  else assert.equal((error as TapswitchError).code, "protocol");
}

const length = fc.oneof(
  { weight: 40, arbitrary: fc.integer({ min: 14, max: 120 }) },
  { weight: 10, arbitrary: fc.integer({ min: 14, max: 2_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 69_632 }) },
);
const aRecord = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(length, fc.nat(255)).map(([size, fill]) => record(0, Buffer.alloc(size, fill))),
  },
  { weight: 2, arbitrary: length.map((size) => record(1, Buffer.alloc(size + 10, size))) },
  {
    weight: 2,
    arbitrary: fc.string({ minLength: 1, maxLength: 60, unit: "binary" }).map((text) => message(text)),
  },
);
const chunks = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 40 }) },
    { weight: 3, arbitrary: fc.integer({ min: 40, max: 3_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: 3_000, max: 100_000 }) },
  ),
  { minLength: 1, maxLength: 5 },
);
const stream = fc.array(aRecord, { maxLength: 8 }).map((all) => Buffer.concat(all));

test("generated: any chunking of good records equals the plain reading", () => {
  check(fc.property(stream, chunks, (bytes, sizes) => agree(bytes, sizes)));
});

test("generated: damaged and truncated streams end where the plain reading ends", () => {
  const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 3 });
  check(
    fc.property(stream, damage, fc.nat(400), chunks, (bytes, damages, cut, sizes) => {
      const damaged = Buffer.from(bytes.subarray(0, Math.max(0, bytes.length - cut)));
      for (const [at, value] of damages) if (at < damaged.length) damaged[at] = value;
      agree(damaged, sizes);
    }),
  );
});

test("generated: garbage never throws, never hangs and never takes much memory", () => {
  const garbage = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    // A plausible header, so that more than the first four bytes are looked at.
    fc
      .tuple(fc.nat(3), fc.oneof(fc.nat(100), fc.nat(0xff_ffff)), fc.uint8Array({ maxLength: 300 }))
      .map(([kind, size, rest]) => {
        const header = Buffer.alloc(4);
        header.writeUInt32BE(size);
        header[0] = kind;
        return Buffer.concat([header, rest]);
      }),
  );
  check(fc.property(garbage, chunks, (bytes, sizes) => agree(bytes, sizes)));
});
