/** Lets through so much in a time, and a burst at once: fills by the clock, and is emptied by what passes. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt = Number.NEGATIVE_INFINITY;

  /** `perSecond` tokens, of which `burst` may be saved up. It starts full. */
  constructor(perSecond: number, burst: number) {
    this.#perMs = perSecond / 1_000;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Whether there is so much at `now` (ms). A clock that goes back does no harm. */
  has(amount: number, now: number): boolean {
    if (now > this.#filledAt) {
      this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#filledAt) * this.#perMs);
      this.#filledAt = now;
    }
    return amount <= this.#tokens;
  }

  /** Takes what `has` has just found to be there. */
  take(amount: number): void {
    this.#tokens -= amount;
  }
}
