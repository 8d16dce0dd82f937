/** Looks once a second at what ports have lost since, because nothing is told per frame. */
import { DROP_REASONS } from "../../frame/drop-reason.js";
import type { Port } from "../../switch/port.js";
import type { NetworkEvents } from "./network-events.js";

/** Frames lost in a second, at one port and for one reason, that are worth an event. */
export const DROPS_PER_SECOND = 10;
/** Afterwards nothing is said about them for so long, ms. */
export const QUIET_MS = 10_000;

interface Loss {
  seen: number;
  /** As it was when it was last told. */
  told: number;
  quietUntil: number;
}

export class PortWatch {
  readonly #events: NetworkEvents;
  readonly #losses = new WeakMap<Port, Loss[]>();

  constructor(events: NetworkEvents) {
    this.#events = events;
  }

  tick(ports: readonly Port[], now: number): void {
    for (const port of ports) this.#look(port, now);
  }

  #look(port: Port, now: number): void {
    const losses = this.#losses.get(port) ?? this.#begin(port);
    for (const [index, reason] of DROP_REASONS.entries()) {
      const frames = news(losses[index]!, port.counters.drops[reason], DROPS_PER_SECOND, now);
      if (frames > 0)
        this.#events.publish("drops", { port: port.name }, `${frames} frames dropped (${reason})`);
    }
    const evicted = news(losses[DROP_REASONS.length]!, port.place.evicted, 1, now);
    const what = `${evicted} addresses pushed out: more than the ${port.place.limit} that this port may have`;
    if (evicted > 0) this.#events.publish("mac-limit", { port: port.name }, what);
  }

  #begin(port: Port): Loss[] {
    const losses = Array.from({ length: DROP_REASONS.length + 1 }, () => ({
      seen: 0,
      told: 0,
      quietUntil: 0,
    }));
    this.#losses.set(port, losses);
    return losses;
  }
}

/** How many to tell of now; 0: nothing. */
function news(loss: Loss, count: number, atLeast: number, now: number): number {
  const lately = count - loss.seen;
  loss.seen = count;
  if (lately < atLeast || now < loss.quietUntil) return 0;
  const frames = count - loss.told;
  loss.told = count;
  loss.quietUntil = now + QUIET_MS;
  return frames;
}
