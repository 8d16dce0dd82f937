/**
 * What happens, for whoever listens, and the last of it for who comes later. Events come from places that strangers
 * can make busy, so each type has a budget for every second; what comes beyond is counted, and told as one event.
 * Past events are kept apart by type: a flood of one cannot push out the others.
 */
import type { EventType, EventView } from "./inspect-api.js";

/** Events of one type in one second: more than a person can read, little enough to send to every listener. */
export const EVENTS_PER_SECOND = 50;
/** Past events of one type that are kept. */
export const KEPT_EVENTS = 200;

/** What an event is about. */
export type EventSubject = Pick<EventView, "network" | "port" | "mac" | "vlan">;

interface Kind {
  /** Left to tell one by one until the next `tick`. */
  budget: number;
  leftOut: number;
  readonly past: EventView[];
}

export class EventHub {
  readonly #wallMs: () => number;
  readonly #kinds = new Map<EventType, Kind>();
  readonly #listeners = new Set<(event: EventView) => void>();
  #seq = 0;

  /** `wallMs` is the time of day. */
  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  /** Whether anyone listens: events that are only for listeners need not be made without one. */
  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  /** Whether one more of this type may be told now; counted as left out if not. */
  admits(type: EventType): boolean {
    const kind = this.#kind(type);
    if (kind.budget > 0) return true;
    kind.leftOut++;
    return false;
  }

  publish(type: EventType, subject: EventSubject, message: string): void {
    if (!this.admits(type)) return;
    this.#kind(type).budget--;
    this.#tell({ seq: ++this.#seq, at: this.#now(), type, ...subject, message });
  }

  /** Calls `listener` with each event from now on. Answers with what ends that. */
  subscribe(listener: (event: EventView) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The last `count` of the kept events that `fits`, the oldest first. */
  past(count: number, fits: (event: EventView) => boolean = () => true): EventView[] {
    const all = [...this.#kinds.values()].flatMap((kind) => kind.past.filter(fits));
    return count === 0 ? [] : all.sort((one, other) => one.seq - other.seq).slice(-count);
  }

  /** To be called once a second: fills the budgets, and tells how much was left out. */
  tick(): void {
    for (const [type, kind] of this.#kinds) {
      const { leftOut } = kind;
      kind.budget = EVENTS_PER_SECOND;
      kind.leftOut = 0;
      if (leftOut === 0) continue;
      const message = `${leftOut} more of this type in one second`;
      this.#tell({ seq: ++this.#seq, at: this.#now(), type, message, leftOut });
    }
  }

  #kind(type: EventType): Kind {
    let kind = this.#kinds.get(type);
    if (kind === undefined) {
      kind = { budget: EVENTS_PER_SECOND, leftOut: 0, past: [] };
      this.#kinds.set(type, kind);
    }
    return kind;
  }

  #tell(event: EventView): void {
    const { past } = this.#kind(event.type);
    past.push(event);
    if (past.length > KEPT_EVENTS) past.shift();
    for (const listener of this.#listeners) listener(event);
  }

  #now(): string {
    return new Date(this.#wallMs()).toISOString();
  }
}
