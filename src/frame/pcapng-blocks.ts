/** The block format: sections, each with its byte order, its interfaces and their packets [draft-ietf-opsawg-pcapng]. */
import { type BlockFormat, type PacketPlace, requireEthernet } from "./capture-block.js";

const Type = { section: 0x0a0d0d0a, interface: 1, oldPacket: 2, simplePacket: 3, packet: 6 } as const;
const LITTLE_MAGIC = 0x4d3c2b1a;
const BIG_MAGIC = 0x1a2b3c4d;
/** Type and length before, and the length once more behind. */
const HEAD = 8;
const TAIL = 4;
const MIN_BLOCK = HEAD + TAIL;
const Option = { end: 0, resolution: 9, offset: 14 } as const;
/** More interfaces than a host has. */
const MAX_INTERFACES = 4_096;

interface Interface {
  readonly snapLength: number;
  /** Milliseconds of one unit of time, and those to add. */
  readonly unitMs: number;
  readonly offsetMs: number;
}

export class PcapngBlocks implements BlockFormat {
  static readonly MAGIC = Type.section;
  #isLittle = true;
  #interfaces: Interface[] = [];

  size(bytes: Buffer, at: number, end: number): number {
    if (end - at < MIN_BLOCK) return 0;
    if (bytes.readUInt32BE(at) === Type.section) this.#isLittle = isLittle(bytes.readUInt32BE(at + HEAD));
    const size = this.#read32(bytes, at + 4);
    if (size < MIN_BLOCK || size % 4 !== 0) throw new RangeError(`a block of ${size} bytes`);
    return size;
  }

  read(bytes: Buffer, at: number, end: number, place: PacketPlace): boolean {
    if (this.#read32(bytes, end - TAIL) !== end - at) throw new Error("a block has two lengths");
    const body = end - TAIL;
    switch (this.#read32(bytes, at)) {
      case Type.section:
        this.#interfaces = [];
        return false;
      case Type.interface:
        this.#addInterface(bytes, at + HEAD, body);
        return false;
      case Type.packet:
        this.#need(body - at >= 28);
        return this.#timed(bytes, at, body, this.#interface(this.#read32(bytes, at + 8)), place);
      case Type.oldPacket:
        this.#need(body - at >= 28);
        return this.#timed(bytes, at, body, this.#interface(this.#read16(bytes, at + 8)), place);
      case Type.simplePacket:
        this.#need(body - at >= 12);
        return this.#simple(bytes, at, body, place);
      default:
        return false;
    }
  }

  #addInterface(bytes: Buffer, at: number, end: number): void {
    this.#need(end - at >= 8);
    requireEthernet(this.#read16(bytes, at));
    if (this.#interfaces.length >= MAX_INTERFACES) throw new Error(`more than ${MAX_INTERFACES} interfaces`);
    const snapLength = this.#read32(bytes, at + 4) || Number.MAX_SAFE_INTEGER;
    let [unitMs, offsetMs] = [1e-3, 0];
    for (let next = at + 8; next + 4 <= end; ) {
      const [code, length] = [this.#read16(bytes, next), this.#read16(bytes, next + 2)];
      if (code === Option.end) break;
      this.#need(next + 4 + length <= end);
      if (code === Option.resolution && length === 1) unitMs = unitOf(bytes[next + 4]!);
      if (code === Option.offset && length === 8) offsetMs = 1_000 * this.#read64(bytes, next + 4);
      next += 4 + length + (-length & 3);
    }
    this.#interfaces.push({ snapLength, unitMs, offsetMs });
  }

  #timed(bytes: Buffer, at: number, end: number, of: Interface, place: PacketPlace): boolean {
    const units = this.#read32(bytes, at + 12) * 0x1_0000_0000 + this.#read32(bytes, at + 16);
    place.timeMs = units * of.unitMs + of.offsetMs;
    place.start = at + 28;
    place.end = place.start + this.#read32(bytes, at + 20);
    place.length = this.#read32(bytes, at + 24);
    this.#need(place.end <= end);
    return true;
  }

  #simple(bytes: Buffer, at: number, end: number, place: PacketPlace): boolean {
    place.timeMs = Number.NaN;
    place.length = this.#read32(bytes, at + 8);
    place.start = at + 12;
    place.end = place.start + Math.min(place.length, this.#interface(0).snapLength);
    this.#need(place.end <= end);
    return true;
  }

  #interface(id: number): Interface {
    const found = this.#interfaces[id];
    if (found === undefined) throw new Error(`a packet of interface ${id}, which was not described`);
    return found;
  }

  #need(fits: boolean): void {
    if (!fits) throw new Error("a block is shorter than what it holds");
  }

  #read16(bytes: Buffer, at: number): number {
    return this.#isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  }

  #read32(bytes: Buffer, at: number): number {
    return this.#isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }

  #read64(bytes: Buffer, at: number): number {
    return Number(this.#isLittle ? bytes.readBigInt64LE(at) : bytes.readBigInt64BE(at));
  }
}

function isLittle(magic: number): boolean {
  if (magic !== LITTLE_MAGIC && magic !== BIG_MAGIC) throw new Error("a section of unknown byte order");
  return magic === LITTLE_MAGIC;
}

/** Milliseconds of one unit, from if_tsresol. */
function unitOf(resolution: number): number {
  return 1_000 / ((resolution & 0x80) === 0 ? 10 : 2) ** (resolution & 0x7f);
}
