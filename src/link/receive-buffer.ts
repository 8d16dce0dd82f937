/**
 * The memory that a byte stream reads into. One buffer is filled, scanned, lent to the switch and filled again;
 * fresh memory for each read would cost a page fault every 4 KiB. An unfinished record is moved to the front before
 * the next read, so that a batch is always one contiguous range. The size follows the traffic: an idle connection
 * holds a few KiB, a busy one enough for several 64 KiB segments.
 */
import { MAX_RECORD } from "../frame/record.js";

/** Enough for session messages and the odd frame. */
export const IDLE_BYTES = 4_096;
/** Holds four of the largest records. Measured: smaller ones cost system calls, a megabyte costs cache misses. */
export const BUSY_BYTES = 4 * MAX_RECORD;
/** A large buffer shrinks after this many reads in a row that an idle one would have held. */
const QUIET_READS = 64;

export class ReceiveBuffer {
  #bytes = Buffer.allocUnsafeSlow(IDLE_BYTES);
  #length = 0;
  #quietReads = 0;

  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Bytes [0, length) are received and not yet consumed. */
  get length(): number {
    return this.#length;
  }

  /** Where the next read goes. */
  get room(): Buffer {
    return this.#length === 0 ? this.#bytes : this.#bytes.subarray(this.#length);
  }

  /** A read of `count` bytes has landed in `room`. */
  filled(count: number): void {
    this.#length += count;
    this.#quietReads = this.#length < IDLE_BYTES ? this.#quietReads + 1 : 0;
  }

  /**
   * Bytes [0, end) are consumed. `next` is the size of the record that has begun, or 0. Moves what is left to the
   * front of a buffer that has room for it.
   */
  consume(end: number, next: number): void {
    const left = this.#length - end;
    const capacity = this.#wanted(end, left, next);
    if (capacity !== this.#bytes.length) {
      const fresh = Buffer.allocUnsafeSlow(capacity);
      this.#bytes.copy(fresh, 0, end, this.#length);
      this.#bytes = fresh;
    } else if (left > 0 && end > 0) {
      this.#bytes.copyWithin(0, end, this.#length);
    }
    this.#length = left;
  }

  #wanted(end: number, left: number, next: number): number {
    const full = end + left === this.#bytes.length;
    if (full || next > this.#bytes.length) return BUSY_BYTES;
    return this.#quietReads >= QUIET_READS && left < IDLE_BYTES ? IDLE_BYTES : this.#bytes.length;
  }
}
