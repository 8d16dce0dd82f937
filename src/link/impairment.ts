/**
 * What one direction of a bad cable does to each record: whether it is lost, and when it comes out. Drawn from a
 * seeded generator, so that the same frames meet the same fate each time. Order is kept, as on a cable: a record with
 * little jitter waits for the one before it. A segment whose division is still to be done is one record: lost whole.
 */

/** A cable that does nothing has all of these 0. */
export interface Impairment {
  /** Milliseconds that each record takes in each direction. */
  readonly delayMs?: number;
  /** Each record takes up to so many milliseconds more or less. */
  readonly jitterMs?: number;
  /** Probability, 0 to 1, with which a record is lost, in each direction. */
  readonly loss?: number;
  /** Bits per second that leave, at most; 0 is no bound. */
  readonly rateBits?: number;
  /** Where the generator of loss and jitter starts. */
  readonly seed?: number;
}

/** A record that would wait longer than this for those before it to leave at `rateBits` is dropped, as by a router. */
export const LONGEST_WAIT_MS = 250;

/** What `fate` answers where a record goes no further. */
export const LOST = -1;
export const FULL = -2;

export class Fate {
  readonly #delayMs: number;
  readonly #jitterMs: number;
  readonly #loss: number;
  readonly #bitsPerMs: number;
  #random: number;
  /** When everything so far has left at the rate. */
  #freeAt = 0;
  #lastDue = 0;

  constructor({ delayMs = 0, jitterMs = 0, loss = 0, rateBits = 0, seed = 0 }: Impairment) {
    this.#delayMs = delayMs;
    this.#jitterMs = jitterMs;
    this.#loss = loss;
    this.#bitsPerMs = rateBits / 1_000;
    this.#random = seed | 0;
  }

  /** When a frame of `bytes` that goes in at `now` (ms) comes out, or `LOST` or `FULL`. */
  of(bytes: number, now: number): number {
    if (this.#loss > 0 && this.#draw() < this.#loss) return LOST;
    let due = now;
    if (this.#bitsPerMs > 0) {
      if (this.#freeAt - now > LONGEST_WAIT_MS) return FULL;
      this.#freeAt = Math.max(this.#freeAt, now) + (bytes * 8) / this.#bitsPerMs;
      due = this.#freeAt;
    }
    const jitter = this.#jitterMs > 0 ? (2 * this.#draw() - 1) * this.#jitterMs : 0;
    this.#lastDue = Math.max(this.#lastDue, due + Math.max(0, this.#delayMs + jitter));
    return this.#lastDue;
  }

  /** The next number from 0 to 1 (mulberry32). */
  #draw(): number {
    this.#random = (this.#random + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#random ^ (this.#random >>> 15), 1 | this.#random);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }
}
