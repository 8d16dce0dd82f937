/**
 * Who has been silent for too long. Sessions are kept in the order in which they were last heard, to half a second,
 * so the check looks at the silent ones only: its cost does not grow with the number of idle ports.
 */
import type { Session } from "./session.js";

/**
 * A native peer that sends nothing for this long hangs; it pings three times as often. Dead paths are the kernel's to
 * find, sooner and for less.
 */
export const KEEPALIVE_MS = 30_000;

export class Liveness {
  readonly #limitMs: number;
  readonly #order = new Set<Session>();

  constructor(limitMs = KEEPALIVE_MS) {
    this.#limitMs = limitMs;
  }

  get limitMs(): number {
    return this.#limitMs;
  }

  /** The session is alive: moves to the end of the order. */
  heard(session: Session): void {
    this.#order.delete(session);
    this.#order.add(session);
  }

  forget(session: Session): void {
    this.#order.delete(session);
  }

  /** Takes out and answers those not heard since `now - limit`. */
  expired(now: number): Session[] {
    const silent: Session[] = [];
    for (const session of this.#order) {
      if (now - session.heardAt < this.#limitMs) break;
      silent.push(session);
    }
    for (const session of silent) this.#order.delete(session);
    return silent;
  }
}
