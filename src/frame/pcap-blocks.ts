/** The classic capture file: one header, then packets [draft-ietf-opsawg-pcap]. */
import { type BlockFormat, type PacketPlace, requireEthernet } from "./capture-block.js";

const FILE_HEADER = 24;
const LINK_TYPE = 20;
const PACKET_HEADER = 16;
/** By the magic as it reads in big-endian: the byte order, and how many units of time are a millisecond. */
const KINDS: Readonly<Record<number, readonly [isLittle: boolean, perMs: number]>> = {
  2712847316: [false, 1e3],
  2712812621: [false, 1e6],
  3569595041: [true, 1e3],
  1295823521: [true, 1e6],
};

export class PcapBlocks implements BlockFormat {
  readonly #isLittle: boolean;
  readonly #perMs: number;
  #begun = false;

  private constructor(isLittle: boolean, perMs: number) {
    this.#isLittle = isLittle;
    this.#perMs = perMs;
  }

  /** Null where `magic` is not that of a pcap file. */
  static of(magic: number): PcapBlocks | null {
    const kind = KINDS[magic];
    return kind === undefined ? null : new PcapBlocks(...kind);
  }

  size(bytes: Buffer, at: number, end: number): number {
    if (!this.#begun) return FILE_HEADER;
    return end - at < PACKET_HEADER ? 0 : PACKET_HEADER + this.#read32(bytes, at + 8);
  }

  read(bytes: Buffer, at: number, end: number, place: PacketPlace): boolean {
    if (!this.#begun) {
      this.#begun = true;
      // The upper half says how long the frame check sequence is.
      requireEthernet(this.#read32(bytes, at + LINK_TYPE) & 0xffff);
      return false;
    }
    place.timeMs = this.#read32(bytes, at) * 1_000 + this.#read32(bytes, at + 4) / this.#perMs;
    place.length = this.#read32(bytes, at + 12);
    place.start = at + PACKET_HEADER;
    place.end = end;
    return true;
  }

  #read32(bytes: Buffer, at: number): number {
    return this.#isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }
}
