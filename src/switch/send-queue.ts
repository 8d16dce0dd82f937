/**
 * What waits for a port whose link is busy, in four bands by traffic class. The urgent one goes first, always; the others
 * share the link by their weights. All share one bound, of which a band may fill the more the more urgent it is, so that
 * bulk leaves room for what should overtake it. Within a band small frames of sparse flows overtake bulk (`QueueBand`).
 * Frames of one flow and class keep their order.
 */
import { flowHash } from "../frame/flow-hash.js";
import { RECORD_HEADER, RecordKind, VNET_HEADER } from "../frame/record.js";
import { BEST_EFFORT, TRAFFIC_CLASSES, trafficClass, URGENT } from "../frame/traffic-class.js";
import { FLOWS, QueueBand } from "./queue-band.js";
import type { RecordFifo } from "./record-fifo.js";

/** Bytes given to the link at once: what has gone cannot be overtaken. */
const SLICE_BYTES = 131_072;
/** While several bands wait it is less, so that they take turns in time. */
const SHARED_SLICE_BYTES = 32_768;
/** By class: parts of the link while all of them wait. The urgent one has no part, it goes first. */
export const WEIGHTS = [1, 4, 8, 1] as const;
/** By class: how much may wait in all before it gets no more room, as a part of the limit. */
export const SHARES = [0.5, 1, 1.125, 1.25] as const;

export class SendQueue {
  readonly #limit: number;
  readonly #usual: QueueBand;
  /** Of the usual band: where runs go. */
  readonly #usualBulk: RecordFifo;
  /** By class; null until a frame of that class has waited. */
  readonly #bands: (QueueBand | null)[];
  #onlyUsual = true;
  /** Nothing has been appended since `choose` found nothing: the usual case, asked about with each batch. */
  #isEmpty = true;
  /** Nothing has been appended since `release` gave all memory back. */
  #isBare = true;
  /** By flow: the turn of the usual band in which a frame was appended to it that is not best effort. */
  #demoted: Uint32Array | null = null;
  #chosen: QueueBand;
  #chosenClass: number = BEST_EFFORT;

  /** Holds at most `limit` bytes, a quarter more of what is urgent, and a little that has overtaken. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#usual = new QueueBand(limit);
    this.#usualBulk = this.#usual.bulk;
    this.#bands = Array.from({ length: TRAFFIC_CLASSES }, (_, index) =>
      index === BEST_EFFORT ? this.#usual : null,
    );
    this.#chosen = this.#usual;
  }

  /** Waiting bytes. */
  get bytes(): number {
    if (this.#isEmpty) return 0;
    return this.#onlyUsual ? this.#usual.bytes : this.#sum((band) => band.bytes);
  }

  /** Bytes of memory held, waiting or not. */
  get capacity(): number {
    if (this.#isBare) return 0;
    return this.#onlyUsual ? this.#usual.capacity : this.#sum((band) => band.capacity);
  }

  /**
   * Appends whole records that will leave together; false, and nothing taken, where there is no room, or where frames of
   * theirs may wait in another band.
   */
  appendRun(bytes: Buffer, start: number, end: number): boolean {
    if (!this.#onlyUsual && (this.bytes > this.#usual.bytes || !this.#hasRoom(end - start, BEST_EFFORT)))
      return false;
    this.#isEmpty = false;
    this.#isBare = false;
    this.#usual.unsortedTurn = this.#usualBulk.turn;
    return this.#usualBulk.append(bytes, start, end);
  }

  /** Appends one record to a queue that is likely to stay, ahead of bulk where that is right. */
  appendRecord(bytes: Buffer, start: number, end: number): boolean {
    const offset = start + RECORD_HEADER + (bytes[start] === RecordKind.offload ? VNET_HEADER : 0);
    const flow = flowHash(bytes, offset, end);
    this.#isEmpty = false;
    this.#isBare = false;
    const wanted = trafficClass(bytes, offset, end);
    if (wanted !== BEST_EFFORT && this.#mustStayBehind(flow)) return this.#demote(bytes, start, end, flow);
    const band = this.#bands[wanted] ?? this.#open(wanted);
    if (band.bytes === 0 && !this.#onlyUsual) this.#join(band);
    if (band.overtake(bytes, start, end, flow)) return true;
    return this.#hasRoom(end - start, wanted) && band.append(bytes, start, end, flow);
  }

  /** Chooses what to send next; false where nothing waits. */
  choose(): boolean {
    if (this.#isEmpty) return false;
    this.#isEmpty = !(this.#onlyUsual ? this.#usual.choose(SLICE_BYTES) : this.#chooseBand());
    return !this.#isEmpty;
  }

  /** What was chosen, unchanged until the next `choose`. */
  get chosen(): RecordFifo {
    return this.#chosen.chosen;
  }

  /** What was chosen has been sent. */
  taken(): void {
    const { chosen } = this.#chosen;
    if (!this.#onlyUsual)
      this.#chosen.served += (chosen.sliceEnd - chosen.sliceStart) / WEIGHTS[this.#chosenClass]!;
    chosen.taken();
  }

  /** Gives the memory back, where nothing waits. */
  release(): void {
    for (const band of this.#bands) band?.release();
    if (this.bytes > 0) return;
    this.#isBare = true;
    this.#demoted = null;
    if (this.#onlyUsual) return;
    this.#bands.fill(null);
    this.#bands[BEST_EFFORT] = this.#usual;
    this.#onlyUsual = true;
    this.#chosen = this.#usual;
  }

  #chooseBand(): boolean {
    this.#chosenClass = this.#next();
    this.#chosen = this.#bands[this.#chosenClass]!;
    return this.#chosen.choose(this.#chosen.bytes === this.bytes ? SLICE_BYTES : SHARED_SLICE_BYTES);
  }

  /** Of a run nobody has looked at classes: what follows it waits behind it, and further frames of such flows too. */
  #mustStayBehind(flow: number): boolean {
    if (this.#usual.hasUnsorted) return true;
    return this.#demoted !== null && this.#demoted[flow % FLOWS]! >= this.#usual.oldestTurn;
  }

  #demote(bytes: Buffer, start: number, end: number, flow: number): boolean {
    if (!this.#hasRoom(end - start, BEST_EFFORT) || !this.#usual.append(bytes, start, end, flow))
      return false;
    this.#demoted ??= new Uint32Array(FLOWS);
    this.#demoted[flow % FLOWS] = this.#usual.turn;
    return true;
  }

  #open(index: number): QueueBand {
    const band = new QueueBand(this.#limit * SHARES[index]!);
    this.#bands[index] = band;
    this.#onlyUsual = false;
    return band;
  }

  #hasRoom(length: number, index: number): boolean {
    return this.#sum((band) => band.bulkBytes) + length <= this.#limit * SHARES[index]!;
  }

  /** Who comes back has no claim to what was sent meanwhile. */
  #join(band: QueueBand): void {
    let least = Number.POSITIVE_INFINITY;
    for (const other of this.#bands)
      if (other !== null && other.bytes > 0) least = Math.min(least, other.served);
    if (least !== Number.POSITIVE_INFINITY) band.served = Math.max(band.served, least);
  }

  /** The class whose turn it is. */
  #next(): number {
    if (this.#onlyUsual) return BEST_EFFORT;
    if ((this.#bands[URGENT]?.bytes ?? 0) > 0) return URGENT;
    let next: number = BEST_EFFORT;
    let least = Number.POSITIVE_INFINITY;
    for (let index = 0; index < URGENT; index++) {
      const band = this.#bands[index];
      if (band === null || band === undefined || band.bytes === 0 || band.served >= least) continue;
      next = index;
      least = band.served;
    }
    return next;
  }

  #sum(of: (band: QueueBand) => number): number {
    let sum = 0;
    for (const band of this.#bands) if (band !== null) sum += of(band);
    return sum;
  }
}
