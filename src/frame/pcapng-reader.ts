/**
 * Reads captures as they come, from a stream that is cut anywhere. `CaptureCounter` only counts, and touches no more
 * than the beginning of each block: most of what is captured is copied on unseen. `PacketReader` hands out packets.
 */
import { TapswitchError } from "../errors.js";
import { PcapngOption } from "./pcapng.js";

/** Longest block that a capture of ours has: a largest frame and its options fit several times. */
const MAX_BLOCK = 1_048_576;
const MIN_BLOCK = 12;
/** As much of a block as counting needs: a statistics block is shorter. */
const COUNTED_BYTES = 256;
const BlockType = { interface: 1, statistics: 5, packet: 6 } as const;
const PACKET_HEAD = 28;
const OUTBOUND = 2;
const NOTHING = Buffer.alloc(0);

/** A packet, and what is known about it. */
export interface CapturedPacket {
  readonly port: string;
  readonly direction: "in" | "out";
  /** Since 1970. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** As much of the frame as was kept, and how long it was. */
  readonly frame: Buffer;
  readonly length: number;
  readonly comment: string;
}

export interface CaptureCounts {
  /** Interfaces, one for each port. */
  ports: number;
  packets: number;
  /** What the reader was too slow for; known at the end. */
  dropped: number;
  /** Ports whose statistics have come. */
  concluded: number;
}

export class CaptureCounter {
  readonly counts: CaptureCounts = { ports: 0, packets: 0, dropped: 0, concluded: 0 };
  /** Of the block at hand: its first bytes where they came in pieces, and how many of the rest are still to come. */
  #head: Buffer = NOTHING;
  #left = 0;

  /** What has come so far ends as a capture does: with the statistics of all of its ports. */
  get isComplete(): boolean {
    const { ports, concluded } = this.counts;
    return this.#left === 0 && this.#head.length === 0 && ports === concluded;
  }

  /** Takes the next bytes. Throws `protocol`. */
  add(chunk: Buffer): void {
    let at = Math.min(this.#left, chunk.length);
    this.#left -= at;
    while (at < chunk.length) at = this.#take(chunk, at);
  }

  /** Takes bytes of one block from `at` on; where it left off. */
  #take(chunk: Buffer, at: number): number {
    const had = this.#head.length;
    const piece = chunk.subarray(at, at + COUNTED_BYTES - had);
    const head = had === 0 ? piece : Buffer.concat([this.#head, piece]);
    const length = head.length >= MIN_BLOCK ? lengthOf(head, 0) : COUNTED_BYTES;
    if (head.length < Math.min(length, COUNTED_BYTES)) {
      this.#head = Buffer.from(head);
      return chunk.length;
    }
    this.#head = NOTHING;
    countBlock(head.subarray(0, length), this.counts);
    const end = at - had + length;
    this.#left = Math.max(0, end - chunk.length);
    return Math.min(end, chunk.length);
  }
}

export class PacketReader {
  readonly #packet: (packet: CapturedPacket) => void;
  readonly #names: string[] = [];
  #rest: Buffer = NOTHING;

  constructor(packet: (packet: CapturedPacket) => void) {
    this.#packet = packet;
  }

  /** Takes the next bytes. Throws `protocol`. */
  add(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at + MIN_BLOCK <= bytes.length) {
      const end = at + lengthOf(bytes, at);
      if (end > bytes.length) break;
      const block = bytes.subarray(at, end);
      guarded(() => this.#readBlock(block));
      at = end;
    }
    // What came is lent for the call.
    this.#rest = Buffer.from(bytes.subarray(at));
  }

  #readBlock(block: Buffer): void {
    const type = block.readUInt32LE(0);
    if (type === BlockType.interface)
      this.#names.push(optionOf(block, 16, PcapngOption.interfaceName)?.toString() ?? "");
    else if (type === BlockType.packet) this.#packet(readPacket(block, this.#names));
  }
}

/** Counts a block; of a packet only its beginning is there. */
function countBlock(block: Buffer, counts: CaptureCounts): void {
  const type = block.readUInt32LE(0);
  if (type === BlockType.interface) counts.ports++;
  else if (type === BlockType.packet) counts.packets++;
  else if (type === BlockType.statistics)
    guarded(() => {
      counts.concluded++;
      counts.dropped += Number(optionOf(block, 20, PcapngOption.statisticsDropped)?.readBigUInt64LE() ?? 0n);
    });
}

/** The length of the block at `at`. */
function lengthOf(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32LE(at + 4);
  if (length >= MIN_BLOCK && length <= MAX_BLOCK && length % 4 === 0) return length;
  throw new TapswitchError("protocol", `the capture has a block of ${length} bytes: it is damaged`);
}

/** A read behind the end of a block is a fault of the block. */
function guarded(read: () => void): void {
  try {
    read();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new TapswitchError("protocol", "the capture has a block that is too short: it is damaged", {
      cause,
    });
  }
}

function readPacket(block: Buffer, names: readonly string[]): CapturedPacket {
  const time = (BigInt(block.readUInt32LE(12)) << 32n) | BigInt(block.readUInt32LE(16));
  const kept = block.readUInt32LE(20);
  const options = PACKET_HEAD + kept + (-kept & 3);
  const flags = optionOf(block, options, PcapngOption.packetFlags)?.readUInt32LE() ?? 0;
  return {
    port: names[block.readUInt32LE(8)] ?? "",
    direction: flags === OUTBOUND ? "out" : "in",
    seconds: Number(time / 1_000_000_000n),
    nanoseconds: Number(time % 1_000_000_000n),
    frame: block.subarray(PACKET_HEAD, PACKET_HEAD + kept),
    length: block.readUInt32LE(24),
    comment: optionOf(block, options, PcapngOption.comment)?.toString() ?? "",
  };
}

/** The value of an option, looked for from `at` to the end of the block. */
function optionOf(block: Buffer, at: number, wanted: number): Buffer | undefined {
  for (let next = at; next + 4 <= block.length - 4; ) {
    const code = block.readUInt16LE(next);
    const length = block.readUInt16LE(next + 2);
    if (code === PcapngOption.end) return undefined;
    if (code === wanted) return block.subarray(next + 4, Math.min(next + 4 + length, block.length - 4));
    next += 4 + length + (-length & 3);
  }
  return undefined;
}
