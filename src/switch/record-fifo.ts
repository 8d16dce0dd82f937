/**
 * Whole records that wait, copied, bounded in bytes, first in first out. Copying is the point: a queued view of 300
 * bytes would pin the whole read buffer of the port it came from. Two buffers take turns: one fills while the other
 * is sent, and what is being sent is not touched until the link asks for more.
 */
import { CopyTarget } from "../frame/copy.js";
import { RECORD_HEADER, readHeader } from "../frame/record.js";

const FIRST_BYTES = 4_096;
const NOTHING = new CopyTarget(0);

export class RecordFifo {
  readonly #limit: number;
  #filling = NOTHING;
  #filled = 0;
  #sending = NOTHING;
  #head = 0;
  #end = 0;
  #sliceEnd = 0;
  #turn = 1;

  /** Holds at most `limit` bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Waiting bytes. */
  get bytes(): number {
    return this.#filled + this.#end - this.#head;
  }

  /** Bytes of memory held, waiting or not. */
  get capacity(): number {
    return this.#filling.bytes.length + this.#sending.bytes.length;
  }

  /** Number of the buffer that fills: a record appended now waits until `oldestTurn` is above this. */
  get turn(): number {
    return this.#turn;
  }

  get oldestTurn(): number {
    return this.#head < this.#end ? this.#turn - 1 : this.#turn;
  }

  /** Copies the whole records in bytes[start, end) behind what waits; false where that would pass the limit. */
  append(bytes: Buffer, start: number, end: number): boolean {
    const length = end - start;
    if (this.bytes + length > this.#limit) return false;
    if (this.#filled + length > this.#filling.bytes.length) this.#grow(this.#filled + length);
    this.#filling.copy(bytes, start, end, this.#filled);
    this.#filled += length;
    return true;
  }

  /** Chooses what to send next: records of at most `most` bytes, or one. False where nothing waits. */
  slice(most: number): boolean {
    if (this.#head === this.#end && !this.#turnOver()) return false;
    this.#sliceEnd = this.#end;
    if (this.#end - this.#head > most) this.#sliceEnd = this.#boundary(this.#head + most);
    return true;
  }

  /** What `slice` chose: sliceBytes[sliceStart, sliceEnd), unchanged until the next `slice`. */
  get sliceBytes(): Buffer {
    return this.#sending.bytes;
  }

  get sliceStart(): number {
    return this.#head;
  }

  get sliceEnd(): number {
    return this.#sliceEnd;
  }

  /** What `slice` chose was taken. */
  taken(): void {
    this.#head = this.#sliceEnd;
  }

  /** Gives the memory back, where nothing waits. */
  release(): void {
    if (this.bytes > 0) return;
    this.#filling = NOTHING;
    this.#sending = NOTHING;
    this.#head = 0;
    this.#end = 0;
  }

  #turnOver(): boolean {
    if (this.#filled === 0) return false;
    const empty = this.#sending;
    this.#sending = this.#filling;
    this.#head = 0;
    this.#end = this.#filled;
    this.#filling = empty;
    this.#filled = 0;
    this.#turn++;
    return true;
  }

  /** End of the last record that ends at or before `limit`, or of the first one. */
  #boundary(limit: number): number {
    let at = this.#head;
    for (;;) {
      const next = at + RECORD_HEADER + (readHeader(this.#sending.bytes, at) & 0xff_ffff);
      if (next > limit && at > this.#head) return at;
      if (next >= limit) return next;
      at = next;
    }
  }

  #grow(needed: number): void {
    let capacity = Math.max(this.#filling.bytes.length, FIRST_BYTES);
    while (capacity < needed) capacity *= 2;
    const larger = new CopyTarget(capacity);
    larger.copy(this.#filling.bytes, 0, this.#filled, 0);
    this.#filling = larger;
  }
}
