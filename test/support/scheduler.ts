import type { Scheduler } from "../../src/clock.js";

/** Time that stands still until the test moves it, and what is to happen in it. */
export class ManualScheduler implements Scheduler {
  #ms = 0;
  readonly #waiting: { readonly at: number; readonly call: () => void }[] = [];

  now(): number {
    return this.#ms;
  }

  after(ms: number, call: () => void): () => void {
    const entry = { at: this.#ms + ms, call };
    this.#waiting.push(entry);
    this.#waiting.sort((a, b) => a.at - b.at);
    return () => {
      const at = this.#waiting.indexOf(entry);
      if (at >= 0) this.#waiting.splice(at, 1);
    };
  }

  /** Calls that are still to come. */
  get waiting(): number {
    return this.#waiting.length;
  }

  advance(ms: number): void {
    const until = this.#ms + ms;
    while (this.#waiting.length > 0 && this.#waiting[0]!.at <= until) {
      const { at, call } = this.#waiting.shift()!;
      this.#ms = Math.max(this.#ms, at);
      call();
    }
    this.#ms = until;
  }
}
