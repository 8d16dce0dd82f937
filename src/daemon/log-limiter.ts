import type { Clock } from "../clock.js";

/** Lines of one kind within `WINDOW_MS`; what comes beyond is counted. */
const LINES = 10;
const WINDOW_MS = 10_000;

/** Keeps a flood of like events from becoming a flood of log lines. */
export class LogLimiter {
  readonly #clock: Clock;
  readonly #kinds = new Map<string, { since: number; lines: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `write` for the first few of a kind, with how many of the window before were left out. */
  note(kind: string, write: (leftOut: number) => void): void {
    const now = this.#clock.now();
    const seen = this.#kinds.get(kind) ?? { since: now, lines: 0 };
    this.#kinds.set(kind, seen);
    let leftOut = 0;
    if (now - seen.since >= WINDOW_MS) {
      leftOut = Math.max(0, seen.lines - LINES);
      seen.since = now;
      seen.lines = 0;
    }
    if (++seen.lines <= LINES) write(leftOut);
  }
}
