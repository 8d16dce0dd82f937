/**
 * What waits for a port whose link is busy: copied whole records, bounded in bytes. Two buffers take turns: the
 * link reads one while the other fills. Copying is the point: a queued view of 300 bytes would pin the whole read
 * buffer of the port it came from.
 */
import { copyBytes } from "../frame/copy.js";

const FIRST_BYTES = 4_096;
const NOTHING = Buffer.alloc(0);

export class SendQueue {
  readonly #limit: number;
  #filling = NOTHING;
  #length = 0;
  #spare = NOTHING;
  /** Bytes that the link still reads. */
  #lent = 0;

  /** Holds at most `limit` bytes, those that the link still reads included. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  /** Waiting bytes, those that the link still reads included. */
  get bytes(): number {
    return this.#length + this.#lent;
  }

  /** Bytes of memory held, waiting or not. */
  get capacity(): number {
    return this.#filling.length + this.#spare.length;
  }

  /** Copies bytes[start, end) behind what waits; false where that would pass the limit. */
  append(bytes: Buffer, start: number, end: number): boolean {
    const length = end - start;
    if (this.#length + this.#lent + length > this.#limit) return false;
    if (this.#length + length > this.#filling.length) this.#grow(this.#length + length);
    copyBytes(bytes, start, end, this.#filling, this.#length);
    this.#length += length;
    return true;
  }

  /** The buffer whose first `length` bytes wait. */
  get waiting(): Buffer {
    return this.#filling;
  }

  /** All that waited was sent. */
  clear(): void {
    this.#length = 0;
  }

  /** The link goes on reading what waited: fill the other buffer meanwhile. */
  lend(): void {
    const lent = this.#filling;
    this.#filling = this.#spare;
    this.#spare = lent;
    this.#lent = this.#length;
    this.#length = 0;
  }

  /** The link is done with what was lent. */
  takeBack(): void {
    this.#lent = 0;
  }

  /** Gives the memory back, where nothing waits. */
  release(): void {
    if (this.bytes > 0) return;
    this.#filling = NOTHING;
    this.#spare = NOTHING;
  }

  #grow(needed: number): void {
    let capacity = Math.max(this.#filling.length, FIRST_BYTES);
    while (capacity < needed) capacity *= 2;
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.#filling.copy(larger, 0, 0, this.#length);
    this.#filling = larger;
  }
}
