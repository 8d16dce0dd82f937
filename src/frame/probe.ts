/**
 * Frames of `tapswitch test`, between two joins of one network. They have the EtherType for local experiments
 * [IEEE 802-2014, 9.2.4], a magic number and a version, so that nothing else is taken for one of them:
 *
 *     0       4      5       6        12       18       22      26     34       35
 *     +-------+------+------+--------+--------+--------+-------+------+--------+------
 *     | magic | vers | type |   id   | token  | number | count | time | length | text ... padding
 *     +-------+------+------+--------+--------+--------+-------+------+--------+------
 */
import { ETHERNET_HEADER, ETHERTYPE } from "./ethernet.js";
import type { Mac } from "./mac.js";
import { RECORD_HEADER, RecordKind, writeHeader } from "./record.js";

export const PROBE_ETHERTYPE = 0x88b5;

export const ProbeType = {
  /** To all: who is called so, or has this address? */
  find: 1,
  /** I am; `number` is the longest frame that I take. */
  found: 2,
  /** May I test? */
  open: 3,
  /** Yes, with the token that all else must show. */
  opened: 4,
  /** No: another test is running. */
  busy: 5,
  echo: 6,
  echoed: 7,
  /** Bytes that are counted. */
  data: 8,
  /** `number` is the highest of the data that have come, plus one; `count` how many came. */
  ack: 9,
  /** Send me data in frames of `number` bytes for `count` milliseconds. */
  send: 10,
  /** No more data will come; `count` were sent. */
  done: 11,
  close: 12,
} as const;

const MAGIC = 0x74737750; // "tswP"
const VERSION = 1;
const AT = { version: 4, type: 5, id: 6, token: 12, number: 18, count: 22, time: 26, length: 34, text: 35 };
/** Longest text, bytes. */
export const MAX_PROBE_TEXT = 63;
/** Shortest frame that may be one: with room for the longest text, so that no answer is longer than its question. */
export const MIN_PROBE = ETHERNET_HEADER + AT.text + MAX_PROBE_TEXT;
/** Ids and tokens are below this. */
export const PROBE_IDS = 2 ** 48;

export interface ProbeFields {
  readonly type: number;
  readonly id: number;
  readonly token?: number;
  readonly number?: number;
  readonly count?: number;
  /** Means something only to whoever asked; in milliseconds. */
  readonly time?: number;
  readonly text?: string;
  /** Bytes of the whole frame; the shortest if left out. */
  readonly length?: number;
}

/** Reads one frame after another into the same fields. */
export class ProbeReader {
  type = 0;
  id = 0;
  token = 0;
  number = 0;
  count = 0;
  time = 0;
  /** Of the whole frame. */
  length = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** Reads the frame at bytes[start, end), whose EtherType is ours; false if it is no probe. */
  read(bytes: Buffer, start: number, end: number): boolean {
    if (end - start < MIN_PROBE) return false;
    const at = start + ETHERNET_HEADER;
    if (bytes.readUInt32BE(at) !== MAGIC || bytes[at + AT.version] !== VERSION) return false;
    if (bytes[at + AT.length]! > MAX_PROBE_TEXT) return false;
    this.#bytes = bytes;
    this.#at = at;
    this.length = end - start;
    this.type = bytes[at + AT.type]!;
    this.id = bytes.readUIntBE(at + AT.id, 6);
    this.token = bytes.readUIntBE(at + AT.token, 6);
    this.number = bytes.readUInt32BE(at + AT.number);
    this.count = bytes.readUInt32BE(at + AT.count);
    this.time = bytes.readDoubleBE(at + AT.time);
    return true;
  }

  /** As long as the frame's bytes are there. */
  get text(): string {
    const from = this.#at + AT.text;
    return this.#bytes.toString("utf8", from, from + this.#bytes[this.#at + AT.length]!);
  }
}

/** Writes a record with the frame at `at`; answers where it ends. Padding keeps what was there. */
export function writeProbe(bytes: Buffer, at: number, to: Mac, from: Mac, fields: ProbeFields): number {
  const { type, id, token = 0, number = 0, count = 0, time = 0, text = "", length = MIN_PROBE } = fields;
  writeHeader(bytes, at, RecordKind.frame, length);
  const frame = at + RECORD_HEADER;
  bytes.writeUInt16BE(to.high, frame);
  bytes.writeInt32BE(to.low, frame + 2);
  bytes.writeUInt16BE(from.high, frame + 6);
  bytes.writeInt32BE(from.low, frame + 8);
  bytes.writeUInt16BE(PROBE_ETHERTYPE, frame + ETHERTYPE);
  const payload = frame + ETHERNET_HEADER;
  bytes.writeUInt32BE(MAGIC, payload);
  bytes[payload + AT.version] = VERSION;
  bytes[payload + AT.type] = type;
  bytes.writeUIntBE(id, payload + AT.id, 6);
  bytes.writeUIntBE(token, payload + AT.token, 6);
  bytes.writeUInt32BE(number, payload + AT.number);
  bytes.writeUInt32BE(count, payload + AT.count);
  bytes.writeDoubleBE(time, payload + AT.time);
  bytes[payload + AT.length] = bytes.write(text, payload + AT.text, MAX_PROBE_TEXT);
  return frame + length;
}
