/**
 * Waiting times between tries, from 0.2 s to 10 s: the bound doubles, and each time is shortened at random by up to
 * half, so that a fleet does not come back at once.
 */
const FIRST_MS = 400;
const MOST_MS = 10_000;

export class Backoff {
  readonly #random: () => number;
  #nextMs = FIRST_MS;

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
    this.#nextMs = FIRST_MS;
  }
}
