/**
 * Records as WebSocket messages [RFC 6455 5.2]: each frame is one unfragmented binary message, without the record's
 * header. Written here and not by `ws`, since a batch leaves as one write, from memory that is used again.
 *
 *     +------+-----------------+------------------------+----------------+-------------
 *     | 0x82 | masked | length | 16 or 64 bits of length | mask (client)  | frame ...
 *     +------+-----------------+------------------------+----------------+-------------
 */
import { randomFillSync } from "node:crypto";
import { RECORD_HEADER, readHeader } from "../frame/record.js";

/** The last, and only, fragment of a binary message; a ping; a pong. */
const BINARY = 0x82;
const PING = 0x89;
const PONG = 0x8a;
const MASKED = 0x80;
const MASK_BYTES = 4;
/** Lengths up to this one fit in the second byte; longer ones follow it. */
const SHORT = 125;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** Bytes in which the messages fit that `length` bytes of records become: none grows by more than a ninth. */
export function messagesRoom(length: number): number {
  return length + (length >>> 3) + 16;
}

/**
 * Writes the records in bytes[start, end), all of kind 0, as messages into `to`, and answers where they end. A client
 * masks what it sends, so that no frame can pass for HTTP on the way [RFC 6455 10.3].
 */
export function writeMessages(
  { bytes, start, end }: { readonly bytes: Buffer; readonly start: number; readonly end: number },
  to: Buffer,
  masks: boolean,
): number {
  let at = 0;
  for (let record = start; record < end; ) {
    const length = readHeader(bytes, record) & 0xff_ffff;
    const payload = record + RECORD_HEADER;
    at = writeHeader(to, at, BINARY, length);
    record = payload + length;
    if (masks) at = writeMasked(bytes.subarray(payload, record), to, at, at - lengthBytes(length));
    else at += bytes.copy(to, at, payload, record);
  }
  return at;
}

/** A ping without content. */
export function pingMessage(masks: boolean): Buffer {
  return controlMessage(PING, Buffer.alloc(0), masks);
}

/** The answer to a ping that had this content, 125 bytes at most. */
export function pongMessage(content: Buffer, masks: boolean): Buffer {
  return controlMessage(PONG, content, masks);
}

function controlMessage(opcode: number, content: Buffer, masks: boolean): Buffer {
  const message = Buffer.alloc(2 + MASK_BYTES + content.length);
  const at = writeHeader(message, 0, opcode, content.length);
  const end = masks ? writeMasked(content, message, at, 1) : at + content.copy(message, at);
  return message.subarray(0, end);
}

/** Answers where what comes next begins. */
function writeHeader(to: Buffer, at: number, opcode: number, length: number): number {
  to[at] = opcode;
  if (length <= SHORT) {
    to[at + 1] = length;
    return at + 2;
  }
  const long = length > 0xffff;
  to[at + 1] = long ? LENGTH_64 : LENGTH_16;
  if (!long) return to.writeUInt16BE(length, at + 2);
  to.writeUInt32BE(0, at + 2);
  return to.writeUInt32BE(length, at + 6);
}

/** Bytes from the second byte of a header to its end. */
function lengthBytes(length: number): number {
  return length <= SHORT ? 1 : length <= 0xffff ? 3 : 9;
}

/** Puts mask and masked content at `at`, and says so in the byte at `flag`. */
function writeMasked(content: Buffer, to: Buffer, at: number, flag: number): number {
  to[flag]! |= MASKED;
  randomFillSync(to, at, MASK_BYTES);
  const body = at + MASK_BYTES;
  content.copy(to, body);
  for (let index = 0; index < content.length; index++) to[body + index]! ^= to[at + (index & 3)]!;
  return body + content.length;
}
