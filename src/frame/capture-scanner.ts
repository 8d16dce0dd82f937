/**
 * Reads capture files of others, pcap and pcapng, of either byte order and any resolution of time, from pieces cut
 * anywhere [draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng]. Captures of our own: `pcapng-reader.ts`. Every length
 * is held against a bound before it is believed; what is wrong is said with its place in the file.
 */
import { TapswitchError } from "../errors.js";
import type { BlockFormat, PacketPlace } from "./capture-block.js";
import { PcapBlocks } from "./pcap-blocks.js";
import { PcapngBlocks } from "./pcapng-blocks.js";

/** Longest block, bytes: names and secrets for Wireshark may take as much, no packet does. */
const MAX_BLOCK = 16_777_216;
const FIRST_BYTES = 65_536;
const MAGIC = 4;

export class CaptureScanner {
  readonly packet: PacketPlace = { start: 0, end: 0, length: 0, timeMs: Number.NaN };
  #bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #start = 0;
  #end = 0;
  /** Place in the file of the first byte in `#bytes`. */
  #origin = 0;
  #format: BlockFormat | null = null;

  /** Holds the packet that `next` found, until bytes are fed. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Takes the next bytes of the file. */
  feed(chunk: Uint8Array): void {
    this.#makeRoom(chunk.length);
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Finds the next packet; false where more bytes are needed. Throws `protocol`. */
  next(): boolean {
    for (;;) {
      const size = this.#said(() => this.#size());
      if (size === 0 || this.#start + size > this.#end) return false;
      const [at, end] = [this.#start, this.#start + size];
      const isPacket = this.#said(() => this.#format!.read(this.#bytes, at, end, this.packet));
      this.#start = end;
      if (isPacket) return true;
    }
  }

  /** There are no more bytes. Throws `protocol` where something is unfinished. */
  finish(): void {
    if (this.#start === this.#end && this.#format !== null) return;
    throw this.#damaged(this.#format === null ? "it is too short" : "it ends in the middle of a packet");
  }

  #size(): number {
    if (this.#end - this.#start < MAGIC) return 0;
    this.#format ??= formatOf(this.#bytes.readUInt32BE(this.#start));
    const size = this.#format.size(this.#bytes, this.#start, this.#end);
    if (size > MAX_BLOCK) throw new RangeError(`a block of ${size} bytes`);
    return size;
  }

  #said<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      if (cause instanceof TapswitchError) throw cause;
      throw this.#damaged((cause as Error).message, cause);
    }
  }

  #damaged(what: string, cause?: unknown): TapswitchError {
    const place = this.#origin + this.#start;
    return new TapswitchError("protocol", `the capture cannot be read at byte ${place}: ${what}`, { cause });
  }

  #makeRoom(more: number): void {
    const left = this.#end - this.#start;
    const room = this.#bytes.length >= left + more ? this.#bytes : Buffer.allocUnsafeSlow(2 * (left + more));
    this.#bytes.copy(room, 0, this.#start, this.#end);
    this.#bytes = room;
    this.#origin += this.#start;
    this.#start = 0;
    this.#end = left;
  }
}

/** By the file's first four bytes. Throws a plain sentence. */
function formatOf(magic: number): BlockFormat {
  const format = magic === PcapngBlocks.MAGIC ? new PcapngBlocks() : PcapBlocks.of(magic);
  if (format === null) throw new Error("it begins neither as a pcap nor as a pcapng file");
  return format;
}
