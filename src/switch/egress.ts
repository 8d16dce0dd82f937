/**
 * The sending side of a port. Within one batch, neighbouring records for the port are gathered into a run, which
 * leaves as one range of the batch itself, uncopied. What cannot be sent that way, because other ports' frames lie
 * between or because the link is still busy, is copied into the port's own bounded queue. A full queue drops and
 * counts; nobody waits.
 */
import { RECORD_HEADER, RecordKind, readHeader, VNET_HEADER } from "../frame/record.js";
import type { Link } from "../link/link.js";
import type { Counters } from "./counters.js";
import { Merger } from "./merger.js";
import type { SentWatch } from "./observer.js";
import { SendQueue } from "./send-queue.js";

/** A run of at least this many bytes is worth a system call of its own rather than a copy. */
const DIRECT_BYTES = 16_384;

export class Egress {
  readonly #counters: Counters;
  readonly #queueBytes: number;
  readonly #merger: Merger;
  /** Told of what is sent, queued or lost; null while nobody looks. */
  watch: SentWatch | null = null;
  #queue: SendQueue;
  #link: Link | null = null;
  /** The far end takes large segments. */
  #merges = false;
  /** The link answered "full", and will call `drain`. */
  #busy = false;
  #run: Buffer | null = null;
  #runStart = 0;
  #runEnd = 0;
  #runFrames = 0;
  #runBytes = 0;

  constructor(counters: Counters, queueBytes: number, merger: Merger) {
    this.#counters = counters;
    this.#merger = merger;
    this.#queueBytes = queueBytes;
    this.#queue = new SendQueue(queueBytes);
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  get memoryBytes(): number {
    return this.#queue.capacity;
  }

  /** Sends over `link` from now on, or nowhere. What waited is lost. */
  connect(link: Link | null): void {
    this.#link = link;
    this.#merges = link !== null && Merger.suits(link.capabilities.offload);
    this.#busy = false;
    this.#queue = new SendQueue(this.#queueBytes);
  }

  /** Adds one record that holds a frame of `frameBytes`. Answers true for the first one since the last `flush`. */
  add(bytes: Buffer, start: number, end: number, frameBytes: number): boolean {
    if (this.#run === bytes && this.#runEnd === start) {
      this.#runEnd = end;
      this.#runFrames++;
      this.#runBytes += frameBytes;
      return false;
    }
    const first = this.#run === null;
    if (!first) this.#settle();
    this.#run = bytes;
    this.#runStart = start;
    this.#runEnd = end;
    this.#runFrames = 1;
    this.#runBytes = frameBytes;
    return first;
  }

  /** Ends the run at hand, so that the caller may overwrite its bytes. */
  settle(): void {
    this.#settle();
    this.#runStart = this.#runEnd;
    this.#runFrames = 0;
    this.#runBytes = 0;
  }

  /** Sends what was added, or lets it wait. */
  flush(): void {
    this.#settle(true);
    this.#run = null;
    this.#sendWaiting();
  }

  /** The link is free again. */
  drained(): void {
    this.#busy = false;
    this.#sendWaiting();
  }

  /** Gives back the memory of an empty queue. */
  release(): void {
    this.#queue.release();
  }

  #settle(last = false): void {
    if (this.#runEnd === this.#runStart) return;
    if (this.#merges && this.#merger.active && this.#runFrames > 1) this.#mergeRun();
    const length = this.#runEnd - this.#runStart;
    if (length >= DIRECT_BYTES || (last && this.#queue.bytes === 0)) {
      this.#sendWaiting();
      if (this.#sendRun()) return;
    }
    this.#enqueueRun();
  }

  #mergeRun(): void {
    const end = this.#merger.merge(this.#run!, this.#runStart, this.#runEnd);
    if (end === 0) return;
    this.#run = this.#merger.scratch;
    this.#runStart = 0;
    this.#runEnd = end;
  }

  #sendRun(): boolean {
    if (this.#busy || this.#link === null) return false;
    this.#busy = this.#link.send(this.#run!, this.#runStart, this.#runEnd) === "full";
    if (this.#busy) return false;
    this.#countRun();
    return true;
  }

  #enqueueRun(): void {
    if (this.#link === null) this.#loseRun();
    else if (this.#gatherRun()) this.#countRun();
    else this.#enqueueRecords(this.#run!);
  }

  /** While the link is free, what is gathered leaves with the flush, or at once where there is no more room. */
  #gatherRun(): boolean {
    if (this.#busy) return false;
    if (this.#queue.appendRun(this.#run!, this.#runStart, this.#runEnd)) return true;
    this.#sendWaiting();
    return !this.#busy && this.#queue.appendRun(this.#run!, this.#runStart, this.#runEnd);
  }

  /** One by one: a small frame may overtake, and finds room where a large one does not. */
  #enqueueRecords(bytes: Buffer): void {
    for (let at = this.#runStart; at < this.#runEnd; ) {
      const header = readHeader(bytes, at);
      const next = at + RECORD_HEADER + (header & 0xff_ffff);
      const prefix = header >>> 24 === RecordKind.offload ? VNET_HEADER : 0;
      const taken = this.#queue.appendRecord(bytes, at, next);
      if (taken) this.#count(1, next - at - RECORD_HEADER - prefix);
      else this.#counters.drops.queue++;
      if (this.watch !== null) this.watch(bytes, at, next, taken ? null : "queue");
      at = next;
    }
  }

  #sendWaiting(): void {
    const link = this.#link;
    while (!this.#busy && link !== null && this.#queue.choose()) {
      const { sliceBytes, sliceStart, sliceEnd } = this.#queue.chosen;
      this.#busy = link.send(sliceBytes, sliceStart, sliceEnd) === "full";
      if (!this.#busy) this.#queue.taken();
    }
  }

  #countRun(): void {
    this.#count(this.#runFrames, this.#runBytes);
    if (this.watch !== null) this.watch(this.#run!, this.#runStart, this.#runEnd, null);
  }

  #loseRun(): void {
    this.#counters.drops.device += this.#runFrames;
    if (this.watch !== null) this.watch(this.#run!, this.#runStart, this.#runEnd, "device");
  }

  #count(frames: number, bytes: number): void {
    this.#counters.framesOut += frames;
    this.#counters.bytesOut += bytes;
  }
}
