import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { errnoOf } from "../../src/errors.js";
import { CaptureScanner } from "../../src/frame/capture-scanner.js";
import { type FileForm, type Packet, pcap, pcapng, simplePcapng } from "../support/capture-files.js";
import { noise } from "../support/frames-offload.js";
import { check } from "../support/generated.js";

const WRITERS = { pcap, pcapng } as const;
const FORMS: readonly FileForm[] = [true, false].flatMap((little) =>
  [true, false].map((nano) => ({ little, nano })),
);
const NOON = 1_700_000_000_000;

/** All that a file in these pieces says, whole. */
function read(...pieces: Buffer[]): Required<Packet>[] {
  const scanner = new CaptureScanner();
  const found: Required<Packet>[] = [];
  for (const piece of pieces) {
    scanner.feed(piece);
    while (scanner.next()) {
      const { start, end, length, timeMs } = scanner.packet;
      found.push({ frame: Buffer.from(scanner.bytes.subarray(start, end)), length, timeMs });
    }
  }
  scanner.finish();
  return found;
}

function fails(file: Buffer, message: RegExp): void {
  assert.throws(
    () => read(file),
    (error) => {
      assert.equal(errnoOf(error), "protocol");
      assert.match(String(error), message);
      return true;
    },
  );
}

/** Packets whose times are whole microseconds. */
const packets = fc.array(fc.record({ bytes: fc.nat(300), cut: fc.nat(3), laterUs: fc.nat(5_000_000) }), {
  maxLength: 8,
});

function made(script: readonly { bytes: number; cut: number; laterUs: number }[]): Required<Packet>[] {
  let us = NOON * 1_000;
  return script.map(({ bytes, cut, laterUs }, salt) => {
    us += laterUs;
    return { frame: noise(bytes, salt), length: bytes + (cut === 0 ? 100 : 0), timeMs: us / 1_000 };
  });
}

/** The same, but for the part of a time that no double of this size holds. */
function sameAs(found: readonly Required<Packet>[], expected: readonly Required<Packet>[]): void {
  const plain = ({ frame, length }: Required<Packet>): unknown => [frame.toString("hex"), length];
  assert.deepEqual(found.map(plain), expected.map(plain));
  for (const [index, { timeMs }] of found.entries())
    assert.ok(Math.abs(timeMs - expected[index]!.timeMs) < 0.001, String(timeMs));
}

for (const [name, write] of Object.entries(WRITERS)) {
  describe(`a ${name} file`, () => {
    for (const form of FORMS) {
      const text = `${form.little ? "little" : "big"}-endian, ${form.nano ? "nano" : "micro"}seconds`;
      test(`gives its packets and their times: ${text}`, () => {
        const sent = made([60, 1_514, 14, 0].map((bytes, cut) => ({ bytes, cut, laterUs: 123_456 })));
        sameAs(read(write(sent, form)), sent);
        assert.deepEqual(read(write([], form)), []);
      });
    }

    test("may come in generated pieces", () => {
      const cuts = fc.array(fc.nat(3_000), { maxLength: 12 });
      check(
        fc.property(packets, fc.constantFrom(...FORMS), cuts, (script, form, at) => {
          const sent = made(script);
          const file = write(sent, form);
          const places = [0, ...at.filter((place) => place < file.length).sort((a, b) => a - b), file.length];
          const pieces = places.slice(1).map((place, index) => file.subarray(places[index], place));
          sameAs(read(...pieces), sent);
        }),
      );
    });

    test("says where it is cut off, wherever that is", () => {
      const whole = made([60, 15, 14].map((bytes) => ({ bytes, cut: 1, laterUs: 10 })));
      for (const form of FORMS) {
        const file = write(whole, form);
        let complete = 0;
        for (let length = 0; length < file.length; length++) {
          try {
            read(file.subarray(0, length));
            complete++;
          } catch (error) {
            assert.match(String(error), /cannot be read at byte \d+: it (is too short|ends in the middle)/);
          }
        }
        assert.ok(complete <= 6, "only between two blocks");
      }
    });

    test("of something else than Ethernet is refused by name", () => {
      fails(write([], { ...FORMS[0]!, linkType: 113 }), /link type 113 \(Linux cooked.*\) is not Ethernet/);
      fails(write([], { ...FORMS[0]!, linkType: 147 }), /link type 147 is not Ethernet/);
    });

    test("with generated damage is read or refused, and nothing else", () => {
      const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 6 });
      const file = write(made([60, 15, 14].map((bytes) => ({ bytes, cut: 1, laterUs: 10 }))), FORMS[0]!);
      check(
        fc.property(damage, (places) => {
          const bent = Buffer.from(file);
          for (const [at, value] of places) bent[at % bent.length] = value;
          try {
            read(bent);
          } catch (error) {
            assert.equal(errnoOf(error), "protocol", String(error));
          }
        }),
      );
    });
  });
}

test("packets without a time have none", () => {
  const frames = [60, 61].map((bytes) => noise(bytes, bytes));
  assert.deepEqual(
    read(simplePcapng(frames)),
    frames.map((frame) => ({ frame, length: frame.length, timeMs: Number.NaN })),
  );
});

test("sections of both byte orders may follow each other", () => {
  const sent = made([{ bytes: 60, cut: 1, laterUs: 5 }]);
  const file = Buffer.concat(FORMS.map((form) => pcapng(sent, form)));
  sameAs(read(file), [...sent, ...sent, ...sent, ...sent]);
});

test("a file that is no capture is refused, and a block beyond any bound", () => {
  fails(Buffer.from("#!/bin/sh\necho hello\n"), /at byte 0: it begins neither as a pcap nor as a pcapng/);
  fails(Buffer.alloc(0), /at byte 0: it is too short/);
  const [one] = made([{ bytes: 60, cut: 1, laterUs: 0 }]);
  const huge = pcap([one!], FORMS[0]!);
  huge.writeUInt32LE(16_777_217, 24 + 8);
  fails(huge, /at byte 24: a block of 16777233 bytes/);
  const odd = pcapng([one!], FORMS[0]!);
  odd.writeUInt32LE(13, 4);
  fails(odd, /at byte 0: a block of 13 bytes/);
});

test("lengths that a packet's block does not have are refused", () => {
  const [one] = made([{ bytes: 60, cut: 1, laterUs: 0 }]);
  const file = pcapng([one!], FORMS[0]!);
  const at = file.length - 28 - 60 - 16 - 4;
  assert.equal(file.readUInt32LE(at), 6);
  const changed = (place: number, value: number): Buffer => {
    const bent = Buffer.from(file);
    bent.writeUInt32LE(value, at + place);
    return bent;
  };
  fails(changed(20, 90), /a block is shorter than what it holds/);
  fails(changed(20, 0xffff_ffff), /a block is shorter than what it holds/);
  fails(changed(8, 1), /a packet of interface 1, which was not described/);
  fails(changed(file.length - at - 4, 60), /a block has two lengths/);
});
