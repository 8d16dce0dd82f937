import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RecordScanner } from "../../src/frame/record-scanner.js";
import { Choices, scripts } from "../support/choices.js";
import { noise, record } from "../support/frames-offload.js";
import { check } from "../support/generated.js";
import { type Reading, readPlainly } from "../support/plain-reader.js";

/** What a scan of the whole of `bytes` from `start` shows. */
function scanned(bytes: Buffer, start = 0, end = bytes.length) {
  const scanner = new RecordScanner();
  scanner.scan(bytes, start, end);
  return { end: scanner.end, next: scanner.next, message: scanner.message, fault: scanner.fault };
}

const frame = record(0, noise(60, 1));
const offload = record(1, noise(70, 2));
const message = record(2, Buffer.from("{}"));

test("finds the end of a run of whole frames of both kinds", () => {
  const bytes = Buffer.concat([frame, offload, frame]);
  assert.deepEqual(scanned(bytes), { end: bytes.length, next: 0, message: false, fault: null });
});

test("stops before an unfinished record and says how long it will be", () => {
  const bytes = Buffer.concat([frame, offload]);
  const unfinished = bytes.subarray(0, bytes.length - 1);
  assert.deepEqual(scanned(unfinished), {
    end: frame.length,
    next: offload.length,
    message: false,
    fault: null,
  });
});

test("stops before an unfinished header, whose record's length nobody knows yet", () => {
  for (const known of [0, 1, 2, 3]) {
    const bytes = Buffer.concat([frame, offload.subarray(0, known)]);
    assert.deepEqual(scanned(bytes), { end: frame.length, next: 0, message: false, fault: null });
  }
});

test("stops before a message, whole or not", () => {
  const whole = Buffer.concat([frame, message, frame]);
  const expected = { end: frame.length, next: message.length, fault: null };
  assert.deepEqual(scanned(whole), { ...expected, message: true });
  const part = whole.subarray(0, frame.length + message.length - 1);
  assert.deepEqual(scanned(part), { ...expected, message: false });
});

test("stops before a header that cannot be accepted", () => {
  const bytes = Buffer.concat([frame, Buffer.from("03000010", "hex"), frame]);
  assert.deepEqual(scanned(bytes), { end: frame.length, next: 0, message: false, fault: "bad-kind" });
});

test("looks at nothing outside the range it was given", () => {
  const bytes = Buffer.concat([Buffer.alloc(7, 0xff), frame, Buffer.alloc(7, 0xff)]);
  const end = 7 + frame.length;
  assert.deepEqual(scanned(bytes, 7, end), { end, next: 0, message: false, fault: null });
  assert.deepEqual(scanned(bytes, 7, 7), { end: 7, next: 0, message: false, fault: null });
});

test("forgets what the scan before has found", () => {
  const scanner = new RecordScanner();
  for (const bad of [Buffer.from("ff000000", "hex"), message, offload.subarray(0, 10)]) {
    scanner.scan(bad, 0, bad.length);
    scanner.scan(frame, 0, frame.length);
    const { end, next, message: found, fault } = scanner;
    assert.deepEqual({ end, next, found, fault }, { end: frame.length, next: 0, found: false, fault: null });
  }
});

test("generated records, cut anywhere, read as the plain reader reads them", () => {
  check(
    fc.property(scripts(80), (script) => {
      const choices = Choices.from(script);
      const stream = generatedStream(choices);
      assert.deepEqual(readInPieces(stream, choices), readPlainly(stream));
    }),
  );
});

test("generated garbage is read up to where the plain reader stops", () => {
  const plausible = fc.tuple(fc.nat(3), fc.nat(300), fc.uint8Array({ maxLength: 400, size: "max" }));
  const garbage = plausible.map(([kind, length, rest]) =>
    Buffer.from([kind, 0, length >>> 8, length, ...rest]),
  );
  check(
    fc.property(garbage, scripts(10), (bytes, script) => {
      assert.deepEqual(readInPieces(bytes, Choices.from(script)), readPlainly(bytes));
    }),
  );
});

/** Frames, segments and messages, now and then a bad header. */
function generatedStream(choices: Choices): Buffer {
  const parts: Buffer[] = [];
  for (let count = choices.below(12); count > 0; count--) {
    const kind = choices.of(0, 0, 0, 1, 2);
    const length = choices.of(14, 24, 60, 100 + choices.below(1_500), 1, 0);
    const part = record(kind, noise(length, count));
    if (choices.onceIn(30)) part[choices.below(2)] = choices.below(256);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Reads as a link would: keeps what is unfinished and scans it again with the next piece. */
function readInPieces(stream: Buffer, choices: Choices): Reading {
  const records: { kind: number; payload: Buffer }[] = [];
  const scanner = new RecordScanner();
  let held: Buffer = Buffer.alloc(0);
  for (let rest = stream; rest.length > 0 && scanner.fault === null; ) {
    const size = 1 + choices.below(choices.of(3_000, 10, 100));
    held = Buffer.concat([held, rest.subarray(0, size)]);
    rest = rest.subarray(size);
    held = held.subarray(consume(scanner, held, records));
  }
  return { records, left: leftOf(stream, records), faulty: scanner.fault !== null };
}

/** Takes every whole record of `held`; answers how many bytes those were. */
function consume(scanner: RecordScanner, held: Buffer, records: { kind: number; payload: Buffer }[]): number {
  let at = 0;
  do {
    scanner.scan(held, at, held.length);
    records.push(...readPlainly(held.subarray(at, scanner.end)).records);
    at = scanner.end;
    if (scanner.message) {
      records.push({ kind: 2, payload: held.subarray(at + 4, at + scanner.next) });
      at += scanner.next;
    }
  } while (scanner.message);
  return at;
}

function leftOf(stream: Buffer, records: readonly { payload: Buffer }[]): number {
  return stream.length - records.reduce((sum, one) => sum + 4 + one.payload.length, 0);
}
