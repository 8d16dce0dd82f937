import type { Port } from "../port.js";
import { ForeignProbes } from "./foreign-probes.js";

/** A port that is cut off lets go this long after the last probe has come round, ms. */
export const HOLD_MS = 5_000;
/** Each time that the loop is back, for twice as long; at most this, ms. */
export const MAX_HOLD_MS = 300_000;
/** A loop that comes back later than this is a new one, ms. */
export const RELAPSE_MS = 60_000;
/** Probes of a port that may still come back. */
const MEMORY = 3;

/** Why a port is cut off. */
export interface Cut {
  /** The port at the loop's other end, which goes on; the port itself where the loop is behind it alone. */
  readonly rival: WatchedPort;
  readonly holdMs: number;
  /** When a probe came round last, ms. */
  seenAt: number;
}

/** What the loop guard knows of a port. */
export class WatchedPort {
  readonly port: Port;
  /** When its link came, as a number that only grows: the port with the higher one is the younger. */
  age = 0;
  isUp = false;
  /** When the link came, ms. */
  upAt = 0;
  cut: Cut | null = null;
  /** When a loop through this port was seen that another switch should cut first, ms. */
  suspectedAt = Number.NEGATIVE_INFINITY;
  /** When a probe of a switch came in that goes before this one, ms. */
  seniorSeenAt = Number.NEGATIVE_INFINITY;
  /** When its frames came back through itself, ms, and when that was told. */
  echoedAt = Number.NEGATIVE_INFINITY;
  echoToldAt = Number.NEGATIVE_INFINITY;
  sequence = 0;
  readonly foreign = new ForeignProbes();
  /** Ports, by number, at which its last probe has come back. */
  readonly returned = new Set<number>();
  #framesIn = 0;
  #relapses = 0;
  #releasedAt = Number.NEGATIVE_INFINITY;

  constructor(port: Port) {
    this.port = port;
  }

  /** Another protocol has closed it, and so any loop through it. */
  get isClosed(): boolean {
    return this.cut === null && this.port.state !== "forwarding";
  }

  /** Whether frames have come in since this was asked last. */
  takeActivity(): boolean {
    const { framesIn } = this.port.counters;
    const active = framesIn !== this.#framesIn;
    this.#framesIn = framesIn;
    return active;
  }

  /** The number of the next probe. */
  nextProbe(): number {
    this.returned.clear();
    this.sequence = (this.sequence + 1) >>> 0;
    return this.sequence;
  }

  /** Whether a probe with this number is one of the last. */
  isRecent(sequence: number): boolean {
    return (this.sequence - sequence) >>> 0 < MEMORY;
  }

  cutOff(rival: WatchedPort, now: number): void {
    this.#relapses = now - this.#releasedAt < RELAPSE_MS ? this.#relapses + 1 : 0;
    const holdMs = Math.min(MAX_HOLD_MS, HOLD_MS * 2 ** this.#relapses);
    this.cut = { rival, holdMs, seenAt: now };
  }

  release(now: number): void {
    this.cut = null;
    this.#releasedAt = now;
  }

  /** The link has come or gone: what was known of the one before counts no more. */
  linked(isUp: boolean, age: number, now: number): void {
    this.isUp = isUp;
    this.age = age;
    this.upAt = now;
    this.cut = null;
    this.suspectedAt = Number.NEGATIVE_INFINITY;
    this.echoedAt = Number.NEGATIVE_INFINITY;
  }
}
