/**
 * Which place each address was last seen at. It knows nothing about what a place is.
 *
 * Two structures share the work. A `MacIndex` finds an entry by two 32-bit integers read straight from the frame,
 * because VLAN and MAC together are 60 bits, more than a double holds, and a string or BigInt key would be
 * allocated for each frame. Each place keeps its own entries in least-recently-used order in an `lru-cache`, so
 * that eviction is fair: a place at its limit evicts only its own oldest entry, and when the whole table is full
 * the victim comes from the place that holds the most. Whoever floods addresses pushes out only itself.
 *
 * An address that keeps moving between two places (a loop, or two hosts with one address) is held at one of them
 * after `FLAP_MOVES` moves, since following each move would make every frame to it a coin toss.
 */
import { LRUCache } from "lru-cache";
import { MacIndex } from "./mac-index.js";

/** Moves of one address that are followed at once within `FLAP_WINDOW_MS`. */
export const FLAP_MOVES = 3;
/** How long moves are counted together, and how long further ones are then ignored. */
export const FLAP_WINDOW_MS = 10_000;
/** An entry's place in the order is renewed at most this often. */
const TOUCH_MS = 1_000;
const FIRST_SLOTS = 64;

export type Learned = "new" | "known" | "moved" | "flapping" | "held";

export interface MacTableOptions {
  /** Most entries in all. */
  readonly maxEntries: number;
  /** An entry not seen for this long is forgotten by the next sweep. */
  readonly ageMs: number;
}

/** Somewhere an address can be: made by `addPlace`, given back to `learn`. */
export interface MacPlace<Owner> {
  readonly owner: Owner;
  readonly id: number;
  /** Most entries this place may hold. */
  readonly limit: number;
  /** Slots of this place's entries, the least recently seen first. */
  readonly order: LRUCache<number, number>;
  /** Entries that were pushed out because the place was at its limit. */
  evicted: number;
}

export interface MacEntry<Owner> {
  readonly vlan: number;
  readonly high: number;
  readonly low: number;
  readonly owner: Owner;
  /** Milliseconds since it was last seen, to the nearest second or so. */
  readonly ageMs: number;
}

/** The key's upper half: VLAN ID (12 bits) and the first two octets of the MAC. */
function upper(vlan: number, high: number): number {
  return (vlan << 16) | high;
}

export class MacTable<Owner> {
  readonly #options: MacTableOptions;
  readonly #places: (MacPlace<Owner> | undefined)[] = [];
  readonly #freePlaces: number[] = [];
  #index = new MacIndex(FIRST_SLOTS);
  #slots = FIRST_SLOTS;
  #upper = new Int32Array(FIRST_SLOTS);
  #lower = new Int32Array(FIRST_SLOTS);
  #placeOf = new Int32Array(FIRST_SLOTS).fill(-1);
  #seen = new Float64Array(FIRST_SLOTS);
  #moves = new Uint8Array(FIRST_SLOTS);
  #movesSince = new Float64Array(FIRST_SLOTS);
  /** Slots given back, and the first slot never used. */
  #freeSlots: number[] = [];
  #nextSlot = 0;
  #size = 0;
  /** The place that held the most entries when it was last looked for, and how many those were. */
  #fullest: MacPlace<Owner> | null = null;
  #fullestSize = 0;
  #previous: Owner | undefined;

  constructor(options: MacTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  /** Where the address was before the `learn` that answered "moved", or is held after "flapping" or "held". */
  get previous(): Owner | undefined {
    return this.#previous;
  }

  addPlace(owner: Owner, limit: number): MacPlace<Owner> {
    const id = this.#freePlaces.pop() ?? this.#places.length;
    const order = new LRUCache<number, number>({ maxSize: limit, sizeCalculation: () => 1 });
    const place = { owner, id, limit, order, evicted: 0 };
    this.#places[id] = place;
    return place;
  }

  /** Notes that a frame from this address came from `place` at `now` (ms). */
  learn(vlan: number, high: number, low: number, place: MacPlace<Owner>, now: number): Learned {
    const bucket = this.#index.find(upper(vlan, high), low);
    if (bucket < 0) return this.#add(upper(vlan, high), low, place, now);
    const slot = this.#index.slotAt(bucket);
    if (this.#index.placeAt(bucket) !== place.id) return this.#move(bucket, slot, place, now);
    if (now - this.#seen[slot]! > TOUCH_MS) {
      this.#seen[slot] = now;
      place.order.get(slot);
    }
    return "known";
  }

  /** The owner of the place where the address was last seen. */
  lookup(vlan: number, high: number, low: number): Owner | undefined {
    const bucket = this.#index.find(upper(vlan, high), low);
    return bucket < 0 ? undefined : this.#places[this.#index.placeAt(bucket)]!.owner;
  }

  /** Drops the place and all its entries; answers how many there were. */
  forget(place: MacPlace<Owner>): number {
    const count = this.clear(place);
    if (place === this.#fullest) this.#fullest = null;
    this.#places[place.id] = undefined;
    this.#freePlaces.push(place.id);
    return count;
  }

  /** Drops the place's entries and keeps the place. */
  clear(place: MacPlace<Owner>): number {
    const slots = [...place.order.values()];
    for (const slot of slots) this.#remove(slot);
    return slots.length;
  }

  /** Drops entries not seen for `ageMs`; answers how many. */
  sweep(now: number): number {
    const before = this.#size;
    const oldest = now - this.#options.ageMs;
    for (let slot = 0; slot < this.#nextSlot; slot++) {
      if (this.#placeOf[slot]! >= 0 && this.#seen[slot]! < oldest) this.#remove(slot);
    }
    return before - this.#size;
  }

  *entries(now: number): Generator<MacEntry<Owner>> {
    for (let slot = 0; slot < this.#nextSlot; slot++) {
      const id = this.#placeOf[slot]!;
      if (id < 0) continue;
      const key = this.#upper[slot]!;
      yield {
        vlan: key >>> 16,
        high: key & 0xffff,
        low: this.#lower[slot]!,
        owner: this.#places[id]!.owner,
        ageMs: Math.max(0, now - this.#seen[slot]!),
      };
    }
  }

  #add(key: number, low: number, place: MacPlace<Owner>, now: number): Learned {
    if (place.order.size >= place.limit) this.#evictFrom(place);
    else if (this.#size >= this.#options.maxEntries) this.#evictFrom(this.#fullestPlace());
    const slot = this.#takeSlot();
    this.#upper[slot] = key;
    this.#lower[slot] = low;
    this.#placeOf[slot] = place.id;
    this.#seen[slot] = now;
    this.#moves[slot] = 0;
    this.#index.insert(key, low, slot, place.id);
    this.#enlist(slot, place);
    this.#size++;
    return "new";
  }

  #move(bucket: number, slot: number, place: MacPlace<Owner>, now: number): Learned {
    const from = this.#places[this.#placeOf[slot]!]!;
    this.#previous = from.owner;
    const verdict = this.#countMove(slot, now);
    if (verdict !== "moved") return verdict;
    from.order.delete(slot);
    if (place.order.size >= place.limit) {
      // Evicting shifts buckets, so the entry's own bucket has to be found again.
      this.#evictFrom(place);
      bucket = this.#index.find(this.#upper[slot]!, this.#lower[slot]!);
    }
    this.#index.setPlace(bucket, place.id);
    this.#placeOf[slot] = place.id;
    this.#seen[slot] = now;
    this.#enlist(slot, place);
    return verdict;
  }

  #countMove(slot: number, now: number): Learned {
    if (this.#moves[slot] === 0 || now - this.#movesSince[slot]! >= FLAP_WINDOW_MS) {
      this.#moves[slot] = 0;
      this.#movesSince[slot] = now;
    }
    const moves = Math.min(this.#moves[slot]! + 1, FLAP_MOVES + 2);
    this.#moves[slot] = moves;
    if (moves <= FLAP_MOVES) return "moved";
    if (moves > FLAP_MOVES + 1) return "held";
    this.#movesSince[slot] = now;
    return "flapping";
  }

  #enlist(slot: number, place: MacPlace<Owner>): void {
    place.order.set(slot, slot);
    if (place.order.size > this.#fullestSize) this.#elect(place);
  }

  #elect(place: MacPlace<Owner>): void {
    this.#fullest = place;
    this.#fullestSize = place.order.size;
  }

  /**
   * The place with the most entries, or one with nearly as many: it is looked for again only when the last one
   * found has lost an eighth, since looking at every place for every new address would be work that a flood of
   * addresses could multiply by the number of ports.
   */
  #fullestPlace(): MacPlace<Owner> {
    const last = this.#fullest;
    if (last !== null && last.order.size >= (this.#fullestSize * 7) / 8) return last;
    let fullest: MacPlace<Owner> | undefined;
    for (const place of this.#places) {
      if (place !== undefined && place.order.size >= (fullest?.order.size ?? 0)) fullest = place;
    }
    this.#elect(fullest!);
    return fullest!;
  }

  #evictFrom(place: MacPlace<Owner>): void {
    const slot = place.order.pop();
    if (slot === undefined) return;
    place.evicted++;
    this.#remove(slot);
  }

  #takeSlot(): number {
    const free = this.#freeSlots.pop();
    if (free !== undefined) return free;
    if (this.#nextSlot === this.#slots) this.#grow();
    return this.#nextSlot++;
  }

  #remove(slot: number): void {
    this.#places[this.#placeOf[slot]!]!.order.delete(slot);
    this.#index.remove(this.#index.find(this.#upper[slot]!, this.#lower[slot]!));
    this.#placeOf[slot] = -1;
    this.#freeSlots.push(slot);
    this.#size--;
  }

  #grow(): void {
    this.#slots *= 2;
    this.#upper = enlarged(this.#upper, new Int32Array(this.#slots));
    this.#lower = enlarged(this.#lower, new Int32Array(this.#slots));
    this.#placeOf = enlarged(this.#placeOf, new Int32Array(this.#slots).fill(-1));
    this.#seen = enlarged(this.#seen, new Float64Array(this.#slots));
    this.#moves = enlarged(this.#moves, new Uint8Array(this.#slots));
    this.#movesSince = enlarged(this.#movesSince, new Float64Array(this.#slots));
    // Grows only when every slot is taken, so all of them go into the new index.
    this.#index = new MacIndex(this.#slots);
    for (let slot = 0; slot < this.#nextSlot; slot++) {
      this.#index.insert(this.#upper[slot]!, this.#lower[slot]!, slot, this.#placeOf[slot]!);
    }
  }
}

function enlarged<Numbers extends Int32Array | Float64Array | Uint8Array>(
  old: Numbers,
  larger: Numbers,
): Numbers {
  larger.set(old);
  return larger;
}
