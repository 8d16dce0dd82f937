/**
 * Finds far ends that hang, where nothing of the carrier does: one timer for all links that are in it, so that idle
 * ones cost a look each half minute and no timer of their own.
 */

/** Between two beats. Proxies on the way forget connections that are silent for a minute. */
export const BEAT_MS = 30_000;

export interface Beating {
  /** Asks the far end for a sign of life, and ends where it has given none since it was last asked. */
  beat(): void;
}

export class Pulse {
  readonly #everyMs: number;
  readonly #members = new Set<Beating>();
  #timer: NodeJS.Timeout | undefined;

  constructor(everyMs = BEAT_MS) {
    this.#everyMs = everyMs;
  }

  add(member: Beating): void {
    this.#members.add(member);
    this.#timer ??= setInterval(() => this.#beat(), this.#everyMs).unref();
  }

  delete(member: Beating): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #beat(): void {
    for (const member of this.#members) member.beat();
  }
}
