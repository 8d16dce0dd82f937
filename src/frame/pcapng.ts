/**
 * A capture file, as Wireshark reads it [draft-ietf-opsawg-pcapng]: a section header, one block for each interface,
 * a block for each packet, and statistics of each interface at the end. Little-endian; times in nanoseconds.
 *
 *     block: type (4), length (4), body, options, length (4); all in whole words
 *     option: code (2), length (2), value, filled up to a word
 */
import type { DropReason } from "./drop-reason.js";

const SECTION_HEADER = 0x0a0d_0d0a;
const INTERFACE = 1;
const STATISTICS = 5;
const BYTE_ORDER = 0x1a2b_3c4d;
/** A section whose length is not known when it begins. */
const UNKNOWN_LENGTH = Buffer.alloc(8, 0xff);
const ETHERNET = 1;
/** Powers of ten in a second's fractions: nanoseconds. */
const NANOSECONDS = 9;
/** Longest text in an option, bytes; ours are far shorter. */
const MAX_TEXT = 1_024;

/** Option codes; those of one block each, but for the first. */
export const PcapngOption = {
  end: 0,
  comment: 1,
  userApplication: 4,
  interfaceName: 2,
  interfaceDescription: 3,
  interfaceResolution: 9,
  interfaceFilter: 11,
  packetFlags: 2,
  statisticsReceived: 4,
  statisticsDropped: 5,
  statisticsAccepted: 6,
  statisticsDelivered: 8,
} as const;

export interface InterfaceFacts {
  readonly name: string;
  readonly description: string;
  /** Most bytes of a packet that are kept. */
  readonly snaplen: number;
  /** Expression that chose the packets; "" for none. */
  readonly filter: string;
}

export interface StatisticsFacts {
  /** Number of the interface: the how manyth block it had. */
  readonly id: number;
  readonly time: WallTime;
  /** Frames that came by. */
  readonly received: number;
  /** Those that the filter chose. */
  readonly accepted: number;
  /** Those of them that are not in the file, since its reader was too slow. */
  readonly dropped: number;
}

/** Nanoseconds since 1970 in two words, since a number holds no more than 53 bits. */
export class WallTime {
  high = 0;
  low = 0;

  /** Sets it from milliseconds since 1970. */
  set(ms: number): void {
    const seconds = Math.floor(ms / 1_000);
    const lower = (seconds % 65_536) * 1e9 + Math.round((ms - seconds * 1_000) * 1e6);
    const upper = Math.floor(seconds / 65_536) * 1e9;
    const low = (upper % 65_536) * 65_536 + lower;
    this.low = low % 0x1_0000_0000;
    this.high = Math.floor(upper / 65_536) + Math.floor(low / 0x1_0000_0000);
  }
}

/** What the file begins with. */
export function sectionHeader(application: string): Buffer {
  const body = Buffer.concat([words(BYTE_ORDER), Buffer.from([1, 0, 0, 0]), UNKNOWN_LENGTH]);
  return block(SECTION_HEADER, body, text(PcapngOption.userApplication, application));
}

/** Introduces an interface; they are numbered from 0 in the order of their blocks. */
export function interfaceBlock({ name, description, snaplen, filter }: InterfaceFacts): Buffer {
  return block(
    INTERFACE,
    words(ETHERNET, snaplen),
    text(PcapngOption.interfaceName, name),
    text(PcapngOption.interfaceDescription, description),
    option(PcapngOption.interfaceResolution, Buffer.from([NANOSECONDS])),
    // Its first octet says that it is an expression.
    filter === "" ? NOTHING : text(PcapngOption.interfaceFilter, `\0${filter}`),
  );
}

/** What became of an interface's packets. */
export function statisticsBlock({ id, time, received, accepted, dropped }: StatisticsFacts): Buffer {
  return block(
    STATISTICS,
    words(id, time.high, time.low),
    count(PcapngOption.statisticsReceived, received),
    count(PcapngOption.statisticsDropped, dropped),
    count(PcapngOption.statisticsAccepted, accepted),
    count(PcapngOption.statisticsDelivered, accepted - dropped),
  );
}

/** The comment of a packet that went no further, as an option of its block. */
export function dropComment(reason: DropReason): Buffer {
  return text(PcapngOption.comment, `dropped: ${reason}`);
}

const NOTHING = Buffer.alloc(0);

function block(type: number, body: Buffer, ...options: readonly Buffer[]): Buffer {
  const content = Buffer.concat([body, ...options, option(PcapngOption.end, NOTHING)]);
  const length = content.length + 12;
  return Buffer.concat([words(type, length), content, words(length)]);
}

function option(code: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
}

function text(code: number, value: string): Buffer {
  return option(code, Buffer.from(value).subarray(0, MAX_TEXT));
}

function count(code: number, value: number): Buffer {
  return option(code, words(value % 0x1_0000_0000, Math.floor(value / 0x1_0000_0000)));
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
  return bytes;
}
