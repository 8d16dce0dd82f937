/** Time in tests: a clock that the test moves, and waiting for what real sockets do in their own time. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../src/clock.js";

/** Time that stands still until the test moves it. */
export class ManualClock implements Clock {
  ms = 1_000_000;

  now(): number {
    return this.ms;
  }

  advance(ms: number): void {
    this.ms += ms;
  }
}
const LIMIT_MS = 10_000;

/** Waits until `holds`, and fails with what was missing. */
export async function eventually(
  holds: () => boolean,
  what: string | (() => string),
  limitMs = LIMIT_MS,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > deadline) {
      throw new Error(`waited ${limitMs} ms in vain for ${typeof what === "string" ? what : what()}`);
    }
    await sleep(2);
  }
}

/** Lets `ms` pass: only to see that something does *not* happen. */
export function quiet(ms: number): Promise<void> {
  return sleep(ms);
}
