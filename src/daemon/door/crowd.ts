/** All connections of a server, whether they are sessions yet or not: how many there may be, and how they ended. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, monotonicClock } from "../../clock.js";
import type { EventHub } from "../../control/event-hub.js";
import { type ErrorCode, errnoOf, TapswitchError } from "../../errors.js";
import type { Link } from "../../link/link.js";
import type { Log } from "../log.js";
import { LogLimiter } from "../log-limiter.js";

const GLANCE_MS = 20;

/** Ends that mean that somebody was not let in. */
const AUTH_FAILURES: ReadonlySet<string> = new Set<ErrorCode>([
  "not-authenticated",
  "not-a-member",
  "revoked",
  "bad-invite",
  "invite-expired",
  "invite-used",
]);

export interface CrowdOptions {
  /** Most connections at once. */
  readonly limit: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly hub: EventHub;
}

export interface CrowdSnapshot {
  /** Open connections, silent and half-open ones included. */
  readonly connections: number;
  /** Connections closed at once because there was no room. */
  readonly turnedAway: number;
  /** How connections ended, by error code; "end" is an orderly one. */
  readonly ends: Readonly<Record<string, number>>;
}

export class Crowd {
  readonly #options: CrowdOptions;
  readonly #limiter: LogLimiter;
  readonly #links = new Set<Link>();
  readonly #ends: Record<string, number> = {};
  #turnedAway = 0;
  /** Most connections at once; those beyond it that are there stay. */
  limit: number;

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.limit = options.limit;
    this.#limiter = new LogLimiter(options.clock);
  }

  /** Whether one more may come. */
  hasRoom(): boolean {
    const { log, hub } = this.#options;
    const { limit } = this;
    if (this.#links.size < limit) return true;
    this.#turnedAway++;
    const why = "connection turned away: raise --max-ports";
    this.#limiter.note("turned-away", (leftOut) => {
      log.warn({ limit, leftOut }, why);
      hub.publish("turned-away", {}, why);
    });
    return false;
  }

  came(link: Link): void {
    this.#links.add(link);
  }

  left(link: Link, error?: Error): void {
    this.#links.delete(link);
    this.#count(error);
  }

  /** One ended before it had proven who it is. */
  unproven(peer: string, error?: Error): void {
    this.#count(error);
    this.endedEarly(peer, error);
  }

  /** One ended before it had a port. */
  endedEarly(peer: string, error?: Error): void {
    const { log, hub } = this.#options;
    const why = error?.message ?? "the peer closed the connection";
    const code = endCode(error);
    if (AUTH_FAILURES.has(code) || code.startsWith("ERR_SSL"))
      hub.publish("auth-failed", {}, `${peer} was not let in: ${why}`);
    this.#limiter.note(`early-${code}`, (leftOut) =>
      log.warn({ peer, why, leftOut }, "connection ended before it had a port"),
    );
  }

  /** One could not be taken from the kernel. */
  notTaken(error: Error): void {
    this.#limiter.note("not-taken", (leftOut) =>
      this.#options.log.warn(
        { why: error.message, leftOut },
        "connection not taken: raise the limits of this process",
      ),
    );
  }

  /** A source that keeps failing is not listened to for a while. */
  shutOut(source: string, ms: number): void {
    const { log, hub } = this.#options;
    const what = "too many failed attempts: shut out for a while";
    this.#limiter.note("shut-out", (leftOut) => {
      log.warn({ source, ms, leftOut }, what);
      hub.publish("shut-out", {}, `${source}: ${what}`);
    });
  }

  /** Waits until all have gone, and closes those that have not by then. */
  async disperse(withinMs: number): Promise<void> {
    // People wait here, so this is the time on the wall, whatever clock was passed in.
    const deadline = monotonicClock.now() + withinMs;
    while (this.#links.size > 0 && monotonicClock.now() < deadline) await sleep(GLANCE_MS);
    for (const link of this.#links) link.close();
  }

  snapshot(): CrowdSnapshot {
    return { connections: this.#links.size, turnedAway: this.#turnedAway, ends: { ...this.#ends } };
  }

  #count(error?: Error): void {
    const code = endCode(error);
    this.#ends[code] = (this.#ends[code] ?? 0) + 1;
  }
}

/** Bounded: our own codes, the kernel's errnos, and "end". */
function endCode(error?: Error): string {
  if (error === undefined) return "end";
  return error instanceof TapswitchError ? error.code : (errnoOf(error) ?? "system");
}
