/** Waiting times between tries: they double from `LEAST_MS` to `MOST_MS`, each shortened at random by up to half. */
const LEAST_MS = 200;
const MOST_MS = 10_000;

export class Backoff {
  readonly #random: () => number;
  #nextMs = LEAST_MS;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** The next waiting time in milliseconds. */
  next(): number {
    const base = this.#nextMs;
    this.#nextMs = Math.min(MOST_MS, base * 2);
    return base * (0.5 + this.#random() / 2);
  }

  /** Goes straight to the longest time. */
  exhaust(): void {
    this.#nextMs = MOST_MS;
  }

  reset(): void {
    this.#nextMs = LEAST_MS;
  }
}
