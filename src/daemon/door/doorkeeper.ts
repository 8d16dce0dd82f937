/**
 * What a stranger may cost before it has proven who it is. A connection counts as a visit until it is admitted; the
 * number of visits is bounded in all and for each source, each has a deadline, and TLS handshakes, the dear part,
 * take turns at a bounded rate, so that a flood of them leaves the members most of the processor. A source whose
 * attempts keep failing is shut out for a growing while. All of it costs the same however many sources there are.
 */
import { LRUCache } from "lru-cache";
import type { Clock } from "../../clock.js";

export interface DoorLimits {
  /** From the connection to the welcome. */
  readonly deadlineMs: number;
  /** Visits at once; each holds some 60 KB. */
  readonly visits: number;
  /** Visits at once from one source: a site behind one address must fit. */
  readonly visitsPerSource: number;
  /** Handshakes per second, and at once after a quiet time. One takes a millisecond or so of the processor. */
  readonly handshakesPerSecond: number;
  readonly handshakeBurst: number;
}

export const DOOR_LIMITS: DoorLimits = {
  deadlineMs: 5_000,
  visits: 256,
  visitsPerSource: 64,
  handshakesPerSecond: 60,
  handshakeBurst: 60,
};

/** Failures of one source that pass without consequence: a mistyped URL, a port scan. */
const FREE_FAILURES = 5;
/** The first pause, which doubles up to the longest. */
const PAUSE_MS = 250;
const MAX_PAUSE_MS = 10_000;
/** Sources whose failures are remembered, and for how long. */
const MAX_SOURCES = 10_000;
const MEMORY_MS = 60_000;

/** One connection on its way to a port. */
export interface Visit {
  /** Calls back when a handshake may begin: at once, or when its turn has come. */
  turn(begin: () => void): void;
  /** The peer is in. */
  admitted(): void;
  /** The connection has ended; a failure unless it was admitted before. */
  ended(): void;
}

interface Source {
  visits: number;
  failures: number;
  shutUntil: number;
}

export interface DoorkeeperOptions {
  readonly clock: Clock;
  readonly limits?: Partial<DoorLimits>;
  /** A source is shut out from now on for so long. */
  readonly shutOut?: (source: string, ms: number) => void;
}

export class Doorkeeper {
  readonly limits: DoorLimits;
  readonly #clock: Clock;
  readonly #shutOut: DoorkeeperOptions["shutOut"];
  readonly #sources: LRUCache<string, Source>;
  readonly #waiting = new Set<() => void>();
  #visits = 0;
  #tokens: number;
  #filledAt: number;
  #timer: NodeJS.Timeout | undefined;

  constructor({ clock, limits, shutOut }: DoorkeeperOptions) {
    this.limits = { ...DOOR_LIMITS, ...limits };
    this.#clock = clock;
    this.#shutOut = shutOut;
    this.#sources = new LRUCache({ max: MAX_SOURCES, ttl: MEMORY_MS, updateAgeOnGet: true, perf: clock });
    this.#tokens = this.limits.handshakeBurst;
    this.#filledAt = clock.now();
  }

  /** Visits that have not been admitted yet. */
  get visits(): number {
    return this.#visits;
  }

  /** Lets one connection of the address in, or answers null: close it. */
  enter(address: string): Visit | null {
    const source = this.#source(sourceOf(address));
    if (this.#visits >= this.limits.visits || source.visits >= this.limits.visitsPerSource) return null;
    if (this.#clock.now() < source.shutUntil) return null;
    this.#visits++;
    source.visits++;
    return this.#visit(source, address);
  }

  #visit(source: Source, address: string): Visit {
    let begin: (() => void) | null = null;
    let over = false;
    const finish = (failed: boolean): void => {
      if (over) return;
      over = true;
      if (begin !== null) this.#waiting.delete(begin);
      this.#visits--;
      source.visits--;
      if (failed) this.#fail(source, address);
      else source.failures = 0;
    };
    return {
      turn: (callback) => {
        begin = callback;
        this.#waiting.add(callback);
        this.#serve();
      },
      admitted: () => finish(false),
      ended: () => finish(true),
    };
  }

  /** Begins the handshakes for which there are tokens, in the order of arrival. */
  #serve(): void {
    this.#fill();
    for (const begin of this.#waiting) {
      if (this.#tokens < 1) break;
      this.#tokens--;
      this.#waiting.delete(begin);
      begin();
    }
    if (this.#waiting.size === 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#serve();
    }, 1_000 / this.limits.handshakesPerSecond);
  }

  #fill(): void {
    const now = this.#clock.now();
    const gained = ((now - this.#filledAt) / 1_000) * this.limits.handshakesPerSecond;
    this.#tokens = Math.min(this.limits.handshakeBurst, this.#tokens + gained);
    this.#filledAt = now;
  }

  #fail(source: Source, address: string): void {
    source.failures++;
    const beyond = source.failures - FREE_FAILURES;
    if (beyond <= 0) return;
    const pause = Math.min(MAX_PAUSE_MS, PAUSE_MS * 2 ** Math.min(beyond - 1, 10));
    source.shutUntil = this.#clock.now() + pause;
    this.#shutOut?.(address, pause);
  }

  #source(name: string): Source {
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    const source = { visits: 0, failures: 0, shutUntil: 0 };
    this.#sources.set(name, source);
    return source;
  }
}

/** What one attacker has one of: an IPv4 address, or an IPv6 network of 64 bits. */
export function sourceOf(address: string): string {
  const v4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (v4 !== null) return v4[1]!;
  const [head = "", tail] = address.replace(/%.*$/, "").toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - groups.length - after.length;
  return [...groups, ...Array<string>(Math.max(0, zeros)).fill("0"), ...after].slice(0, 4).join(":");
}
