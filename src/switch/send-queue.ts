/**
 * What waits for a port whose link is busy. Bulk traffic waits in one long queue; a small frame of a flow that has
 * nothing waiting there overtakes it, so that a ping or a key press is not stuck behind a megabyte of somebody's
 * download. Frames of one flow never change their order: a flow may overtake only while none of its frames waits.
 */
import { flowHash } from "../frame/flow-hash.js";
import { RECORD_HEADER, RecordKind, VNET_HEADER } from "../frame/record.js";
import { RecordFifo } from "./record-fifo.js";

/** Longest frame that may overtake: any that fits an ordinary MTU, and no large segment. */
const SPARSE_FRAME = 2_048;
/** Room for frames that overtake; beyond it they wait with the others. */
const SPARSE_BYTES = 65_536;
/** Bytes given to the link at once: what has gone cannot be overtaken. */
const SLICE_BYTES = 131_072;
/** Flows told apart; more share a number. */
const FLOWS = 1_024;

export class SendQueue {
  readonly #bulk: RecordFifo;
  readonly #sparse = new RecordFifo(SPARSE_BYTES);
  /** By flow: the turn of the bulk queue in which a frame of it was appended last. */
  #flows: Uint32Array | null = null;
  /** Turn in which frames were appended whose flow nobody looked at. */
  #unsortedTurn = 0;
  #chosen: RecordFifo;

  /** Holds at most `limit` bytes, and a little that has overtaken. */
  constructor(limit: number) {
    this.#bulk = new RecordFifo(limit);
    this.#chosen = this.#bulk;
  }

  /** Waiting bytes. */
  get bytes(): number {
    return this.#bulk.bytes + this.#sparse.bytes;
  }

  /** Bytes of memory held, waiting or not. */
  get capacity(): number {
    return this.#bulk.capacity + this.#sparse.capacity;
  }

  /** Appends whole records that will leave together; false, and nothing taken, where there is no room. */
  appendRun(bytes: Buffer, start: number, end: number): boolean {
    this.#unsortedTurn = this.#bulk.turn;
    return this.#bulk.append(bytes, start, end);
  }

  /** Appends one record to a queue that is likely to stay, ahead of bulk where that is right. */
  appendRecord(bytes: Buffer, start: number, end: number): boolean {
    const kind = bytes[start]!;
    this.#flows ??= new Uint32Array(FLOWS);
    const offset = start + RECORD_HEADER + (kind === RecordKind.offload ? VNET_HEADER : 0);
    const flow = flowHash(bytes, offset, end) % FLOWS;
    if (end - start <= SPARSE_FRAME && this.#mayOvertake(flow) && this.#sparse.append(bytes, start, end))
      return true;
    if (!this.#bulk.append(bytes, start, end)) return false;
    this.#flows[flow] = this.#bulk.turn;
    return true;
  }

  /** Chooses what to send next; false where nothing waits. */
  choose(): boolean {
    this.#chosen = this.#sparse.slice(SLICE_BYTES) ? this.#sparse : this.#bulk;
    return this.#chosen === this.#sparse || this.#bulk.slice(SLICE_BYTES);
  }

  /** What was chosen, unchanged until the next `choose`. */
  get chosen(): RecordFifo {
    return this.#chosen;
  }

  /** Gives the memory back, where nothing waits. */
  release(): void {
    this.#bulk.release();
    this.#sparse.release();
    if (this.bytes === 0) this.#flows = null;
  }

  #mayOvertake(flow: number): boolean {
    const oldest = this.#bulk.oldestTurn;
    const empty = this.#bulk.bytes === 0;
    return empty || (this.#flows![flow]! < oldest && this.#unsortedTurn < oldest);
  }
}
