/**
 * Reads captures as they come, from a stream that is cut anywhere: `WholeBlocks` holds back what is not complete, so
 * that what is written on always ends where a block does, and `CaptureReader` says what is in the blocks.
 */
import { TapswitchError } from "../errors.js";
import { PcapngOption } from "./pcapng.js";

/** Longest block that a capture of ours has: a largest frame and its options fit several times. */
const MAX_BLOCK = 1_048_576;
const MIN_BLOCK = 12;
const BlockType = { interface: 1, statistics: 5, packet: 6 } as const;
const PACKET_HEAD = 28;
const OUTBOUND = 2;
const NOTHING = Buffer.alloc(0);

export class WholeBlocks {
  #rest: Buffer = NOTHING;

  /** All whole blocks of what has come so far; what begins behind them is kept. Throws `protocol`. */
  add(chunk: Buffer): Buffer {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let end = 0;
    while (end + MIN_BLOCK <= bytes.length) {
      const length = bytes.readUInt32LE(end + 4);
      if (length < MIN_BLOCK || length > MAX_BLOCK || length % 4 !== 0)
        throw new TapswitchError("protocol", `the capture has a block of ${length} bytes: it is damaged`);
      if (end + length > bytes.length) break;
      end += length;
    }
    this.#rest = bytes.subarray(end);
    return bytes.subarray(0, end);
  }
}

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
}

export class CaptureReader {
  readonly counts: CaptureCounts = { ports: 0, packets: 0, dropped: 0 };
  readonly #names: string[] = [];
  readonly #packet: ((packet: CapturedPacket) => void) | null;

  /** Without `packet`, packets are only counted. */
  constructor(packet: ((packet: CapturedPacket) => void) | null) {
    this.#packet = packet;
  }

  /** Takes whole blocks. Throws `protocol`. */
  read(blocks: Buffer): void {
    for (let at = 0; at < blocks.length; ) {
      const length = blocks.readUInt32LE(at + 4);
      try {
        this.#readBlock(blocks.readUInt32LE(at), blocks.subarray(at, at + length));
      } catch (cause) {
        if (!(cause instanceof RangeError)) throw cause;
        throw new TapswitchError("protocol", "the capture has a block that is too short: it is damaged", {
          cause,
        });
      }
      at += length;
    }
  }

  #readBlock(type: number, block: Buffer): void {
    if (type === BlockType.interface) {
      this.counts.ports++;
      this.#names.push(optionOf(block, 16, PcapngOption.interfaceName)?.toString() ?? "");
    } else if (type === BlockType.statistics) {
      const dropped = optionOf(block, 20, PcapngOption.statisticsDropped);
      this.counts.dropped += Number(dropped?.readBigUInt64LE() ?? 0n);
    } else if (type === BlockType.packet) {
      this.counts.packets++;
      this.#packet?.(readPacket(block, this.#names));
    }
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
