/**
 * What waits for a port in one traffic class. Bulk traffic waits in one long queue; a small frame of a flow that has
 * nothing waiting there overtakes it, so that a ping or a key press is not stuck behind a megabyte of somebody's
 * download. Frames of one flow never change their order: a flow may overtake only while none of its frames waits.
 */
import { RecordFifo } from "./record-fifo.js";

/** Longest frame that may overtake: any that fits an ordinary MTU, and no large segment. */
const SPARSE_FRAME = 2_048;
/** Room for frames that overtake; beyond it they wait with the others. */
export const SPARSE_BYTES = 65_536;
/** Flows told apart; more share a number. */
export const FLOWS = 1_024;

export class QueueBand {
  /** Bytes it has sent by its weight: the band with the least is next. */
  served = 0;
  /** All but what overtakes. */
  readonly bulk: RecordFifo;
  readonly #sparse = new RecordFifo(SPARSE_BYTES);
  /** By flow: the turn of the bulk queue in which a frame of it was appended last. */
  #flows: Uint32Array | null = null;
  /** Turn of the bulk in which frames were appended whose flows nobody looked at. */
  unsortedTurn = 0;
  #chosen: RecordFifo;

  /** Holds at most `limit` bytes, and a little that has overtaken. */
  constructor(limit: number) {
    this.bulk = new RecordFifo(limit);
    this.#chosen = this.bulk;
  }

  /** Waiting bytes, and how many of them are bulk. */
  get bytes(): number {
    return this.bulk.bytes + this.#sparse.bytes;
  }

  get bulkBytes(): number {
    return this.bulk.bytes;
  }

  /** Bytes of memory held, waiting or not. */
  get capacity(): number {
    return this.bulk.capacity + this.#sparse.capacity;
  }

  /** Appends a record ahead of bulk, where that is right: false where it has to wait with it. */
  overtake(bytes: Buffer, start: number, end: number, flow: number): boolean {
    return end - start <= SPARSE_FRAME && !this.#holds(flow) && this.#sparse.append(bytes, start, end);
  }

  /** Appends a record to the bulk. */
  append(bytes: Buffer, start: number, end: number, flow: number): boolean {
    if (!this.bulk.append(bytes, start, end)) return false;
    this.#flows ??= new Uint32Array(FLOWS);
    this.#flows[flow % FLOWS] = this.bulk.turn;
    return true;
  }

  /** Whether frames wait whose flows nobody looked at. */
  get hasUnsorted(): boolean {
    return this.bulk.bytes > 0 && this.unsortedTurn >= this.bulk.oldestTurn;
  }

  /** The turn in which a record is appended to the bulk now, and that of the oldest which waits there. */
  get turn(): number {
    return this.bulk.turn;
  }

  get oldestTurn(): number {
    return this.bulk.bytes === 0 ? Number.POSITIVE_INFINITY : this.bulk.oldestTurn;
  }

  /** Chooses at most `most` bytes to send next, or one record; false where nothing waits. */
  choose(most: number): boolean {
    this.#chosen = this.#sparse.slice(most) ? this.#sparse : this.bulk;
    return this.#chosen === this.#sparse || this.bulk.slice(most);
  }

  /** What was chosen, unchanged until the next `choose`. */
  get chosen(): RecordFifo {
    return this.#chosen;
  }

  /** Gives the memory back, where nothing waits. */
  release(): void {
    this.bulk.release();
    this.#sparse.release();
    if (this.bytes === 0) this.#flows = null;
  }

  /** Whether frames of this flow may be among the bulk that waits. */
  #holds(flow: number): boolean {
    return this.hasUnsorted || (this.#flows !== null && this.#flows[flow % FLOWS]! >= this.oldestTurn);
  }
}
