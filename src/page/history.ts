/** The rates of the last minutes, one pair a second, in rings that do not grow. */

/** Seconds that are kept: what a plot shows. */
export const HISTORY_S = 300;

/** Rates in bits a second: into the switch, and out of it. */
export interface Rates {
  readonly in: number;
  readonly out: number;
}

export const NO_RATES: Rates = { in: 0, out: 0 };

export class History {
  /** Where nothing was seen there is NaN. */
  readonly #in = new Float64Array(HISTORY_S).fill(Number.NaN);
  readonly #out = new Float64Array(HISTORY_S).fill(Number.NaN);
  #last = Number.NEGATIVE_INFINITY;

  /** Notes the rates of second `second`; seconds left out stay empty. */
  add(second: number, { in: received, out: sent }: Rates): void {
    const from = Math.max(this.#last + 1, second - HISTORY_S + 1);
    for (let at = from; at < second; at++) this.#set(at, Number.NaN, Number.NaN);
    this.#set(second, received, sent);
    this.#last = Math.max(this.#last, second);
  }

  /** The `count` seconds up to `second`, oldest first; null where nothing is known. */
  series(second: number, count = HISTORY_S): [received: (number | null)[], sent: (number | null)[]] {
    const received: (number | null)[] = [];
    const sent: (number | null)[] = [];
    for (let at = second - count + 1; at <= second; at++) {
      received.push(this.#get(this.#in, at));
      sent.push(this.#get(this.#out, at));
    }
    return [received, sent];
  }

  #set(second: number, received: number, sent: number): void {
    this.#in[second % HISTORY_S] = received;
    this.#out[second % HISTORY_S] = sent;
  }

  #get(ring: Float64Array, second: number): number | null {
    if (second < 0 || second > this.#last || second <= this.#last - HISTORY_S) return null;
    const value = ring[second % HISTORY_S]!;
    return Number.isNaN(value) ? null : value;
  }
}
