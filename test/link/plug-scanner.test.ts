import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { MAX_PLUG_FRAME, PlugScanner } from "../../src/link/plug-scanner.js";
import { check } from "../support/generated.js";
import { split } from "../support/peers.js";

function plugged(payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(payload.length >> 8, payload.length & 0xff), payload]);
}

/** The plain reader: frames of at least 14 bytes, and what is left. */
function plainly(bytes: Buffer): { frames: Buffer[]; malformed: number; rest: number } {
  const frames: Buffer[] = [];
  let malformed = 0;
  let at = 0;
  while (bytes.length - at >= 2) {
    const length = bytes.readUInt16BE(at);
    if (at + 2 + length > bytes.length) break;
    if (length >= 14) frames.push(Buffer.from(bytes.subarray(at + 2, at + 2 + length)));
    else if (length > 0) malformed++;
    at += 2 + length;
  }
  return { frames, malformed, rest: bytes.length - at };
}

describe("the scanner of a plug's stream", () => {
  test("says how long the record is that has begun", () => {
    const scanner = new PlugScanner();
    const bytes = plugged(Buffer.alloc(60)).subarray(0, 30);
    scanner.scan(bytes, 0, bytes.length, Buffer.alloc(1_000));
    assert.deepEqual([scanner.at, scanner.end, scanner.next], [0, 0, 62]);
    scanner.scan(bytes, 0, 1, Buffer.alloc(1_000));
    assert.deepEqual([scanner.at, scanner.end, scanner.next], [0, 0, 0]);
  });

  test("stops where its room ends, and goes on from there", () => {
    const scanner = new PlugScanner();
    const bytes = Buffer.concat([1, 2, 3].map((fill) => plugged(Buffer.alloc(60, fill))));
    const room = Buffer.alloc(130);
    scanner.scan(bytes, 0, bytes.length, room);
    assert.deepEqual([scanner.at, scanner.end], [124, 128]);
    scanner.scan(bytes, scanner.at, bytes.length, room);
    assert.deepEqual([scanner.at, scanner.end, room[4]], [186, 64, 3]);
  });

  test("skips a length of 0, and counts frames that are too short", () => {
    const scanner = new PlugScanner();
    const bytes = Buffer.concat([Buffer.alloc(2), plugged(Buffer.alloc(13)), plugged(Buffer.alloc(14))]);
    scanner.scan(bytes, 0, bytes.length, Buffer.alloc(1_000));
    assert.deepEqual([scanner.at, scanner.end, scanner.malformed], [bytes.length, 18, 1]);
  });

  test("knows by a length that no plug sends that it is out of step", () => {
    for (const [length, isLost] of [
      [MAX_PLUG_FRAME, false],
      [MAX_PLUG_FRAME + 1, true],
    ] as const) {
      const scanner = new PlugScanner();
      const bytes = Buffer.of(length >> 8, length & 0xff, 0, 0);
      scanner.scan(bytes, 0, bytes.length, Buffer.alloc(20_000));
      assert.equal(scanner.isLost, isLost);
    }
  });
});

test("generated: a stream in any pieces yields what a plain reader finds in all of it", () => {
  const frame = fc.nat(90).map((length) => plugged(Buffer.alloc(length, length)));
  const stream = fc.array(frame, { maxLength: 12 }).map((parts) => Buffer.concat(parts));
  const cut = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 8 });
  check(
    fc.property(stream, cut, fc.integer({ min: 100, max: 400 }), (bytes, pieces, room) => {
      const scanner = new PlugScanner();
      const out = Buffer.alloc(room);
      const frames: Buffer[] = [];
      let [at, have, malformed] = [0, 0, 0];
      for (let turn = 0; have < bytes.length; turn++) {
        have = Math.min(bytes.length, have + pieces[turn % pieces.length]!);
        do {
          scanner.scan(bytes, at, have, out);
          at = scanner.at;
          malformed += scanner.malformed;
          frames.push(...split(out.subarray(0, scanner.end)).records.map(({ payload }) => payload));
        } while (scanner.end > 0);
      }
      const expected = plainly(bytes);
      assert.deepEqual(frames, expected.frames);
      assert.deepEqual([malformed, bytes.length - at], [expected.malformed, expected.rest]);
    }),
  );
});

test("generated: any bytes yield whole records, or are out of step", () => {
  const scannable = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  check(
    fc.property(scannable, (bytes) => {
      const scanner = new PlugScanner();
      const out = Buffer.alloc(20_000);
      scanner.scan(bytes, 0, bytes.length, out);
      const { records, rest } = split(out.subarray(0, scanner.end));
      assert.equal(rest.length, 0);
      assert.ok(records.every(({ kind, payload }) => kind === 0 && payload.length >= 14));
      assert.ok(scanner.at <= bytes.length);
    }),
  );
});
