/**
 * The MAC table as anyone would write it who had time: text keys, a Map, and a Set per place in the order of use.
 * `MacTable` must answer the same.
 */
import { FLAP_MOVES, FLAP_WINDOW_MS } from "../../src/switch/mac-slots.js";
import type { Learned } from "../../src/switch/mac-table.js";

export interface PlainPlace {
  readonly limit: number;
  /** Keys, the least recently used first. */
  readonly order: Set<string>;
}

interface Entry {
  place: PlainPlace;
  fixed: boolean;
  seen: number;
  moves: number;
  firstMove: number;
}

export class PlainMacTable {
  readonly entries = new Map<string, Entry>();
  readonly places = new Set<PlainPlace>();
  previous: PlainPlace | undefined;

  constructor(
    readonly maxEntries: number,
    readonly ageMs: number,
  ) {}

  addPlace(limit: number): PlainPlace {
    const place = { limit, order: new Set<string>() };
    this.places.add(place);
    return place;
  }

  /** `gone` tells which of several keys the real table has pushed out, where the rules leave a choice. */
  learn(key: string, place: PlainPlace, now: number, gone: (key: string) => boolean): Learned {
    const entry = this.entries.get(key);
    if (entry === undefined) return this.#add(key, place, now, gone);
    if (entry.place !== place) return this.#move(key, entry, place, now);
    if (!entry.fixed && now - entry.seen > 1_000) {
      entry.seen = now;
      place.order.delete(key);
      place.order.add(key);
    }
    return "known";
  }

  lookup(key: string): PlainPlace | undefined {
    return this.entries.get(key)?.place;
  }

  fix(key: string, place: PlainPlace): void {
    if (this.entries.has(key)) this.#remove(key);
    this.entries.set(key, { place, fixed: true, seen: 0, moves: 0, firstMove: 0 });
  }

  unfix(key: string): boolean {
    if (this.entries.get(key)?.fixed !== true) return false;
    this.#remove(key);
    return true;
  }

  flush(fits: (key: string, place: PlainPlace) => boolean): number {
    const gone = [...this.entries].filter(([key, { place, fixed }]) => !fixed && fits(key, place));
    for (const [key] of gone) this.#remove(key);
    return gone.length;
  }

  clear(place: PlainPlace): number {
    const keys = [...place.order];
    for (const key of keys) this.#remove(key);
    return keys.length;
  }

  forget(place: PlainPlace): number {
    this.places.delete(place);
    const fixed = [...this.entries].filter(([, entry]) => entry.fixed && entry.place === place);
    for (const [key] of fixed) this.#remove(key);
    return this.clear(place) + fixed.length;
  }

  sweep(now: number): number {
    const old = [...this.entries].filter(([, { fixed, seen }]) => !fixed && seen < now - this.ageMs);
    for (const [key] of old) this.#remove(key);
    return old.length;
  }

  #add(key: string, place: PlainPlace, now: number, gone: (key: string) => boolean): Learned {
    if (place.order.size >= place.limit) this.#remove(oldest(place)!);
    else if (this.entries.size >= this.maxEntries) this.#makeRoom(gone);
    this.entries.set(key, { place, fixed: false, seen: now, moves: 0, firstMove: now });
    place.order.add(key);
    return "new";
  }

  #move(key: string, entry: Entry, place: PlainPlace, now: number): Learned {
    this.previous = entry.place;
    if (entry.fixed) return "fixed";
    if (entry.moves === 0 || now - entry.firstMove >= FLAP_WINDOW_MS) {
      entry.moves = 0;
      entry.firstMove = now;
    }
    entry.moves++;
    if (entry.moves > FLAP_MOVES + 1) return "held";
    if (entry.moves > FLAP_MOVES) {
      entry.firstMove = now;
      return "flapping";
    }
    entry.place.order.delete(key);
    if (place.order.size >= place.limit) this.#remove(oldest(place)!);
    place.order.add(key);
    entry.place = place;
    entry.seen = now;
    return "moved";
  }

  /** Fixed entries cannot be pushed out, so the table may have to go beyond its limit. */
  #makeRoom(gone: (key: string) => boolean): void {
    if ([...this.places].some((place) => place.order.size > 0)) this.#remove(this.#victim(gone));
  }

  /** The oldest key of the place with the most entries, or of one that has nearly as many. */
  #victim(gone: (key: string) => boolean): string {
    const most = Math.max(...[...this.places].map((place) => place.order.size));
    const full = [...this.places].filter((place) => place.order.size >= (most * 7) / 8);
    const victim = full.map((place) => oldest(place)!).find(gone);
    if (victim === undefined) throw new Error("room was taken from a place that holds less than others");
    return victim;
  }

  #remove(key: string): void {
    this.entries.get(key)!.place.order.delete(key);
    this.entries.delete(key);
  }
}

function oldest(place: PlainPlace): string | undefined {
  return place.order.values().next().value;
}
