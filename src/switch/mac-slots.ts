/** The entries of a `MacTable`: a column for each of their fields, and the slots that are free. */

/** Moves of one address that are followed at once within `FLAP_WINDOW_MS`. */
export const FLAP_MOVES = 3;
/** How long moves are counted together, and how long further ones are then ignored. */
export const FLAP_WINDOW_MS = 10_000;
const FIRST_SLOTS = 64;

export class MacSlots {
  /** VLAN ID (12 bits) and the first two octets of the MAC; the other four. */
  upper = new Int32Array(FIRST_SLOTS);
  lower = new Int32Array(FIRST_SLOTS);
  /** Number of the place, or -1 in a free slot. */
  place = new Int32Array(FIRST_SLOTS).fill(-1);
  /** When it was last seen, ms. */
  seen = new Float64Array(FIRST_SLOTS);
  /** 1: it was put there by hand, and stays. */
  fixed = new Uint8Array(FIRST_SLOTS);
  #moves = new Uint8Array(FIRST_SLOTS);
  #movesSince = new Float64Array(FIRST_SLOTS);
  readonly #free: number[] = [];
  #end = 0;

  /** Slots that there are; a power of two. */
  get capacity(): number {
    return this.upper.length;
  }

  /** The first slot that was never used: all entries are below it. */
  get end(): number {
    return this.#end;
  }

  get isFull(): boolean {
    return this.#free.length === 0 && this.#end === this.capacity;
  }

  /** A slot for a new entry; there must be one. */
  take(): number {
    const slot = this.#free.pop() ?? this.#end++;
    this.#moves[slot] = 0;
    return slot;
  }

  giveBack(slot: number): void {
    this.place[slot] = -1;
    this.fixed[slot] = 0;
    this.#free.push(slot);
  }

  /** What to make of one more move of this entry. */
  countMove(slot: number, now: number): "moved" | "flapping" | "held" {
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

  /** Twice as many slots. */
  grow(): void {
    const slots = this.capacity * 2;
    this.upper = enlarged(this.upper, new Int32Array(slots));
    this.lower = enlarged(this.lower, new Int32Array(slots));
    this.place = enlarged(this.place, new Int32Array(slots).fill(-1));
    this.seen = enlarged(this.seen, new Float64Array(slots));
    this.fixed = enlarged(this.fixed, new Uint8Array(slots));
    this.#moves = enlarged(this.#moves, new Uint8Array(slots));
    this.#movesSince = enlarged(this.#movesSince, new Float64Array(slots));
  }
}

type Column = Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

function enlarged<One extends Column>(old: One, larger: One): One {
  larger.set(old);
  return larger;
}
