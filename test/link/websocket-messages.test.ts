import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { messagesRoom, pingMessage, pongMessage, writeMessages } from "../../src/link/websocket-messages.js";
import { check } from "../support/generated.js";
import { frame, records } from "../support/peers.js";
import { BINARY, PING, PONG, readPlainMessages } from "../support/plain-websocket.js";

/** Lengths at which a header grows, and others. */
const length = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 14, max: 300 }) },
  { weight: 1, arbitrary: fc.constantFrom(125, 126, 1_514, 65_535, 65_536, 69_632) },
);

function written(frames: readonly Buffer[], masks: boolean, before = 0): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(before, 0xff), records(...frames)]);
  const kept = Buffer.from(bytes);
  const room = Buffer.alloc(messagesRoom(bytes.length - before));
  const end = writeMessages({ bytes, start: before, end: bytes.length }, room, masks);
  assert.ok(end <= room.length, `${end} bytes in a room of ${room.length}`);
  assert.ok(bytes.equals(kept), "the batch is lent");
  return room.subarray(0, end);
}

describe("writing frames as messages", () => {
  test("gives one whole binary message for each of generated frames, which a plain reader reads back", () => {
    check(
      fc.property(fc.array(length, { maxLength: 4 }), fc.boolean(), fc.nat(9), (lengths, masks, before) => {
        const frames = lengths.map((bytes, salt) => frame({ length: bytes, salt }));
        const { messages, rest } = readPlainMessages(written(frames, masks, before));
        assert.equal(rest.length, 0);
        assert.equal(messages.length, frames.length);
        for (const [index, { opcode, final, masked, content }] of messages.entries()) {
          assert.ok(opcode === BINARY && final && masked === masks);
          assert.ok(content.equals(frames[index]!), `frame ${index} has changed`);
        }
      }),
    );
  });

  test("fits into its room for any number of the shortest and of the longest", () => {
    for (const bytes of [14, 65_536, 69_632])
      for (const masks of [true, false])
        written(
          Array.from({ length: bytes === 14 ? 1_000 : 4 }, () => frame({ length: bytes })),
          masks,
        );
  });

  test("masks each with a key of its own", () => {
    const one = frame({ length: 100 });
    const bytes = written([one, one], true);
    const half = bytes.length / 2;
    assert.notDeepEqual(bytes.subarray(2, 6), bytes.subarray(half + 2, half + 6));
  });
});

test("pings are empty, and pongs say what the ping said", () => {
  for (const masks of [true, false]) {
    const content = Buffer.from("are you there");
    const both = Buffer.concat([pingMessage(masks), pongMessage(content, masks)]);
    assert.deepEqual(readPlainMessages(both), {
      messages: [
        { opcode: PING, final: true, masked: masks, content: Buffer.alloc(0) },
        { opcode: PONG, final: true, masked: masks, content },
      ],
      rest: Buffer.alloc(0),
    });
  }
});
