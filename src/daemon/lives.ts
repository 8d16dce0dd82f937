/**
 * Who of a server's sessions has been silent for too long. A session keeps to the limit that its welcome named, since
 * its far end pings by that; one that comes after the limit was changed has the new one.
 */
import { KEEPALIVE_MS, Liveness } from "../session/liveness.js";
import type { Session } from "../session/session.js";

export class Lives {
  readonly #of = new Map<Session, Liveness>();
  /** The last one is for those who come. */
  #generations: readonly Liveness[];

  constructor(limitMs = KEEPALIVE_MS) {
    this.#generations = [new Liveness(limitMs)];
  }

  get sessions(): Iterable<Session> {
    return this.#of.keys();
  }

  set limitMs(limitMs: number) {
    const used = new Set(this.#of.values());
    this.#generations = [...this.#generations.filter((one) => used.has(one)), new Liveness(limitMs)];
  }

  attached(session: Session): void {
    this.#of.set(session, this.#generations.at(-1)!);
  }

  heard(session: Session): void {
    this.#of.get(session)?.heard(session);
  }

  forget(session: Session): void {
    this.#of.get(session)?.forget(session);
    this.#of.delete(session);
  }

  /** Takes out and answers those not heard for too long, with their limit in milliseconds. */
  expired(now: number): (readonly [Session, number])[] {
    return this.#generations.flatMap((one) =>
      one.expired(now).map((session) => [session, one.limitMs] as const),
    );
  }
}
