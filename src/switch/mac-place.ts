import { LRUCache } from "lru-cache";

/** Somewhere an address can be: made by `addPlace`, given back to `learn`. */
export interface MacPlace<Owner> {
  readonly owner: Owner;
  readonly id: number;
  /** Most entries this place may learn. */
  readonly limit: number;
  /** Slots of what this place has learned, the least recently seen first. */
  readonly order: LRUCache<number, number>;
  /** Entries that were pushed out because the place was at its limit. */
  evicted: number;
}

/** An empty order: `maxSize` instead of `max`, which would take the memory of all at once. */
export function newOrder(limit: number): LRUCache<number, number> {
  return new LRUCache({ maxSize: limit, sizeCalculation: () => 1 });
}
