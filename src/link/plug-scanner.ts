/**
 * The stream that VDE's plugs speak (vde_plug, dpipe): each frame behind its length, 16 bits, big-endian. It is made
 * into records, whose header is longer, in other memory.
 */
import { MIN_FRAME, RECORD_HEADER, RecordKind, writeHeader } from "../frame/record.js";

/** Bytes before each frame. */
export const PLUG_HEADER = 2;
/** Longest frame that any plug sends: an MTU of 9,216, an Ethernet header and a VLAN tag [vdeplug4]. */
export const MAX_PLUG_FRAME = 9_234;

/** Steps through what has been received; the fields say what the last `scan` found. */
export class PlugScanner {
  /** Where the first byte lies that was not made use of. */
  at = 0;
  /** Where the records end that were made. */
  end = 0;
  /** Size of the plug's record that has begun at `at` and is not whole, or 0. */
  next = 0;
  /** Frames shorter than an Ethernet header. */
  malformed = 0;
  /** The length at `at` is above what any plug sends: the two sides are out of step for good. */
  isLost = false;

  /** Makes records of bytes[start, end) in `records`, as many as find room there. */
  scan(bytes: Buffer, start: number, end: number, records: Buffer): void {
    this.at = start;
    this.end = 0;
    this.next = 0;
    this.malformed = 0;
    while (end - this.at >= PLUG_HEADER && !this.isLost) {
      const length = (bytes[this.at]! << 8) | bytes[this.at + 1]!;
      if (this.end + RECORD_HEADER + length > records.length) return;
      this.isLost = length > MAX_PLUG_FRAME;
      if (this.isLost) return;
      if (end - this.at < PLUG_HEADER + length) {
        this.next = PLUG_HEADER + length;
        return;
      }
      this.#take(bytes, length, records);
    }
  }

  #take(bytes: Buffer, length: number, records: Buffer): void {
    const from = this.at + PLUG_HEADER;
    this.at = from + length;
    // A length of 0 means nothing, and is nobody's mistake.
    if (length < MIN_FRAME) {
      if (length > 0) this.malformed++;
      return;
    }
    writeHeader(records, this.end, RecordKind.frame, length);
    bytes.copy(records, this.end + RECORD_HEADER, from, this.at);
    this.end += RECORD_HEADER + length;
  }
}
