/**
 * How much of the switch's time one capture may take. To copy what is captured and to hand it to another process costs
 * 0.7 ns a byte: a network that carries 6 Gbit/s would lose a quarter of that to a capture of all of it. So a capture
 * of more than this is left incomplete, as one is that its reader is too slow for.
 */

/** Bytes a millisecond: 0.8 Gbit/s of whole frames, or all of 10 Gbit/s where 128 bytes of each segment are kept. */
const BYTES_PER_MS = 100_000;
/** What may come at once. */
const BURST_BYTES = 2_097_152;
/** What a packet costs besides its bytes. */
const PACKET_BYTES = 256;

export class Budget {
  #left = BURST_BYTES;
  #at = Number.NEGATIVE_INFINITY;

  /** Takes what a packet costs; false where it is too much. `now` in ms. */
  take(bytes: number, now: number): boolean {
    if (now > this.#at) {
      this.#left = Math.min(BURST_BYTES, this.#left + (now - this.#at) * BYTES_PER_MS);
      this.#at = now;
    }
    const cost = bytes + PACKET_BYTES;
    if (cost > this.#left) return false;
    this.#left -= cost;
    return true;
  }
}
