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
 *
 * A fixed address was put somewhere by hand. It is in no place's order, so nothing evicts it; it does not age, and it
 * does not move.
 */
import { MacIndex } from "./mac-index.js";
import { type MacPlace, newOrder } from "./mac-place.js";
import { MacSlots } from "./mac-slots.js";

/** An entry's place in the order is renewed at most this often. */
const TOUCH_MS = 1_000;

export type Learned = "new" | "known" | "moved" | "flapping" | "held" | "fixed";

export interface MacTableOptions {
  /** Most entries in all; fixed ones may go beyond. */
  readonly maxEntries: number;
  /** An entry not seen for this long is forgotten by the next sweep. */
  readonly ageMs: number;
}

export interface MacEntry<Owner> {
  readonly vlan: number;
  readonly high: number;
  readonly low: number;
  readonly owner: Owner;
  readonly fixed: boolean;
  /** Milliseconds since it was last seen, to the nearest second or so; 0 for a fixed one. */
  readonly ageMs: number;
}

/** Which entries are meant; what is left away may be anything. */
export interface MacFilter<Owner> {
  readonly vlan?: number | undefined;
  readonly mac?: { readonly high: number; readonly low: number } | undefined;
  readonly place?: MacPlace<Owner> | undefined;
}

/** The key's upper half: VLAN ID (12 bits) and the first two octets of the MAC. */
function upper(vlan: number, high: number): number {
  return (vlan << 16) | high;
}

export class MacTable<Owner> {
  readonly #maxEntries: number;
  /** An entry not seen for this long is forgotten by the next sweep. */
  ageMs: number;
  readonly #places: (MacPlace<Owner> | undefined)[] = [];
  readonly #freePlaces: number[] = [];
  readonly #slots = new MacSlots();
  #index = new MacIndex(this.#slots.capacity);
  #size = 0;
  #fixed = 0;
  /** The place that held the most entries when it was last looked for, and how many those were. */
  #fullest: MacPlace<Owner> | null = null;
  #fullestSize = 0;
  #previous: Owner | undefined;

  constructor(options: MacTableOptions) {
    this.#maxEntries = options.maxEntries;
    this.ageMs = options.ageMs;
  }

  get size(): number {
    return this.#size;
  }

  /** Where the address was before the `learn` that answered "moved", or stays after "flapping", "held" or "fixed". */
  get previous(): Owner | undefined {
    return this.#previous;
  }

  addPlace(owner: Owner, limit: number): MacPlace<Owner> {
    const id = this.#freePlaces.pop() ?? this.#places.length;
    const place = { owner, id, limit, order: newOrder(limit), evicted: 0 };
    this.#places[id] = place;
    return place;
  }

  /** Lets a place learn so many from now on; what it has beyond that goes, the least recently seen first. */
  limit(place: MacPlace<Owner>, limit: number): void {
    while (place.order.size > limit) this.#evictFrom(place);
    const order = newOrder(limit);
    for (const slot of [...place.order.keys()].reverse()) order.set(slot, slot);
    Object.assign(place, { limit, order });
  }

  /** Notes that a frame from this address came from `place` at `now` (ms). */
  learn(vlan: number, high: number, low: number, place: MacPlace<Owner>, now: number): Learned {
    const bucket = this.#index.find(upper(vlan, high), low);
    if (bucket < 0) return this.#add(upper(vlan, high), low, place, now);
    const slot = this.#index.slotAt(bucket);
    if (this.#index.placeAt(bucket) !== place.id) return this.#move(bucket, slot, place, now);
    if (now - this.#slots.seen[slot]! > TOUCH_MS) {
      this.#slots.seen[slot] = now;
      place.order.get(slot);
    }
    return "known";
  }

  /** The owner of the place where the address was last seen. */
  lookup(vlan: number, high: number, low: number): Owner | undefined {
    const bucket = this.#index.find(upper(vlan, high), low);
    return bucket < 0 ? undefined : this.#places[this.#index.placeAt(bucket)]!.owner;
  }

  /** Puts an address at a place for good, wherever it was before. */
  fix(vlan: number, high: number, low: number, place: MacPlace<Owner>): void {
    const known = this.#index.find(upper(vlan, high), low);
    if (known >= 0) this.#remove(this.#index.slotAt(known));
    const slot = this.#insert(upper(vlan, high), low, place);
    this.#slots.fixed[slot] = 1;
    this.#fixed++;
  }

  /** Takes a fixed address away; false if it is none. */
  unfix(vlan: number, high: number, low: number): boolean {
    const bucket = this.#index.find(upper(vlan, high), low);
    if (bucket < 0 || this.#slots.fixed[this.#index.slotAt(bucket)] === 0) return false;
    this.#remove(this.#index.slotAt(bucket));
    return true;
  }

  /** Drops the place and all its entries; answers how many there were. */
  forget(place: MacPlace<Owner>): number {
    const count = this.clear(place) + this.#clearFixed(place);
    if (place === this.#fullest) this.#fullest = null;
    this.#places[place.id] = undefined;
    this.#freePlaces.push(place.id);
    return count;
  }

  /** Drops what the place has learned and keeps the place. */
  clear(place: MacPlace<Owner>): number {
    const slots = [...place.order.values()];
    for (const slot of slots) this.#remove(slot);
    return slots.length;
  }

  /** Drops learned entries, `most` of them; answers how many. */
  flush(filter: MacFilter<Owner> = {}, most = Number.POSITIVE_INFINITY): number {
    let count = 0;
    for (let slot = 0; slot < this.#slots.end && count < most; slot++) {
      if (this.#slots.fixed[slot] === 1 || !this.#fits(slot, filter)) continue;
      this.#remove(slot);
      count++;
    }
    return count;
  }

  /** Drops entries not seen for `ageMs`, and tells each if anyone wants to know; answers how many. */
  sweep(now: number, aged?: (entry: MacEntry<Owner>) => void): number {
    const before = this.#size;
    const oldest = now - this.ageMs;
    const { place, seen, fixed } = this.#slots;
    for (let slot = 0; slot < this.#slots.end; slot++) {
      if (place[slot]! < 0 || seen[slot]! >= oldest || fixed[slot] === 1) continue;
      aged?.(this.#entry(slot, now));
      this.#remove(slot);
    }
    return before - this.#size;
  }

  *entries(now: number, filter: MacFilter<Owner> = {}): Generator<MacEntry<Owner>> {
    for (let slot = 0; slot < this.#slots.end; slot++)
      if (this.#fits(slot, filter)) yield this.#entry(slot, now);
  }

  #fits(slot: number, { vlan, mac, place }: MacFilter<Owner>): boolean {
    const id = this.#slots.place[slot]!;
    if (id < 0 || (place !== undefined && place.id !== id)) return false;
    const key = this.#slots.upper[slot]!;
    if (vlan !== undefined && key >>> 16 !== vlan) return false;
    return mac === undefined || ((key & 0xffff) === mac.high && this.#slots.lower[slot] === (mac.low | 0));
  }

  #entry(slot: number, now: number): MacEntry<Owner> {
    const key = this.#slots.upper[slot]!;
    const fixed = this.#slots.fixed[slot] === 1;
    return {
      vlan: key >>> 16,
      high: key & 0xffff,
      low: this.#slots.lower[slot]!,
      owner: this.#places[this.#slots.place[slot]!]!.owner,
      fixed,
      ageMs: fixed ? 0 : Math.max(0, now - this.#slots.seen[slot]!),
    };
  }

  #add(key: number, low: number, place: MacPlace<Owner>, now: number): Learned {
    if (place.order.size >= place.limit) this.#evictFrom(place);
    else if (this.#size >= this.#maxEntries) this.#evictFrom(this.#fullestPlace());
    const slot = this.#insert(key, low, place);
    this.#slots.seen[slot] = now;
    this.#enlist(slot, place);
    return "new";
  }

  #insert(key: number, low: number, place: MacPlace<Owner>): number {
    if (this.#slots.isFull) this.#grow();
    const slot = this.#slots.take();
    this.#slots.upper[slot] = key;
    this.#slots.lower[slot] = low;
    this.#slots.place[slot] = place.id;
    this.#index.insert(key, low, slot, place.id);
    this.#size++;
    return slot;
  }

  #move(bucket: number, slot: number, place: MacPlace<Owner>, now: number): Learned {
    const from = this.#places[this.#slots.place[slot]!]!;
    this.#previous = from.owner;
    if (this.#slots.fixed[slot] === 1) return "fixed";
    const verdict = this.#slots.countMove(slot, now);
    if (verdict !== "moved") return verdict;
    from.order.delete(slot);
    if (place.order.size >= place.limit) {
      // Evicting shifts buckets, so the entry's own bucket has to be found again.
      this.#evictFrom(place);
      bucket = this.#index.find(this.#slots.upper[slot]!, this.#slots.lower[slot]!);
    }
    this.#index.setPlace(bucket, place.id);
    this.#slots.place[slot] = place.id;
    this.#slots.seen[slot] = now;
    this.#enlist(slot, place);
    return verdict;
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

  #clearFixed(place: MacPlace<Owner>): number {
    if (this.#fixed === 0) return 0;
    const before = this.#size;
    for (let slot = 0; slot < this.#slots.end; slot++)
      if (this.#slots.place[slot] === place.id) this.#remove(slot);
    return before - this.#size;
  }

  #remove(slot: number): void {
    if (this.#slots.fixed[slot] === 1) this.#fixed--;
    this.#places[this.#slots.place[slot]!]!.order.delete(slot);
    this.#index.remove(this.#index.find(this.#slots.upper[slot]!, this.#slots.lower[slot]!));
    this.#slots.giveBack(slot);
    this.#size--;
  }

  /** Only when every slot is taken, so all of them go into the new index. */
  #grow(): void {
    this.#slots.grow();
    this.#index = new MacIndex(this.#slots.capacity);
    const { upper: uppers, lower, place, end } = this.#slots;
    for (let slot = 0; slot < end; slot++)
      this.#index.insert(uppers[slot]!, lower[slot]!, slot, place[slot]!);
  }
}
