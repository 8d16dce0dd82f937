/**
 * How much one capture may take of what the machine has for the traffic. What is captured is copied three times on its
 * way into another process, so that a network which carries 5 Gbit/s on two cores lost a quarter of that to a capture of
 * all of it. Beyond this bound a capture is left incomplete, as where its reader is too slow.
 */

/** Bytes a millisecond: 0.5 Gbit/s of whole frames. Of segments cut at 128 bytes it is far more than there are. */
export const BYTES_PER_MS = 64_000;
/** What may come at once. */
export const BURST_BYTES = 2_097_152;
/** What a packet costs besides its bytes. */
export const PACKET_BYTES = 256;

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
