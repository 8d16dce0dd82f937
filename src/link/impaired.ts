/**
 * A link behind a bad cable, for labs: what goes in and what comes out is delayed, lost or slowed down first. What is
 * on its way lies in memory of ours, so a send is always "done"; where the link behind is busy, it waits there too.
 */
import { type Scheduler, scheduler } from "../clock.js";
import { RECORD_HEADER, RecordKind, readHeader, VNET_HEADER } from "../frame/record.js";
import { DelayLine } from "./delay-line.js";
import { Fate, FULL, type Impairment, LOST } from "./impairment.js";
import type { Batch, Link, LinkCapabilities, LinkEvents, Sent } from "./link.js";

/** Bytes on their way in one direction: 50 ms of a gigabit. Beyond it records are dropped and counted. */
export const LINE_BYTES = 8_388_608;
/** Sets the two directions of one seed apart. */
const OTHER_WAY = 0x5bd1e995;

export class ImpairedLink implements Link {
  readonly #link: Link;
  readonly #time: Scheduler;
  readonly #out: Direction;
  readonly #in: Direction;
  /** Lent to `events.batch`, one object for all calls. */
  readonly #batch: { bytes: Buffer; start: number; end: number } = {
    bytes: Buffer.alloc(0),
    start: 0,
    end: 0,
  };
  #events: LinkEvents | null = null;
  #busy = false;
  #paused = false;
  #closed = false;

  /** `rateBits` bounds what leaves through `link`; everything else holds for both directions. */
  constructor(link: Link, impairment: Impairment, time: Scheduler = scheduler) {
    this.#link = link;
    this.#time = time;
    const { seed = 0 } = impairment;
    this.#out = new Direction(new Fate(impairment), time, (line) => this.#pass(line));
    const inwards = { ...impairment, rateBits: 0, seed: seed ^ OTHER_WAY };
    this.#in = new Direction(new Fate(inwards), time, (line) => this.#hand(line));
  }

  get kind(): string {
    return this.#link.kind;
  }

  get peer(): string {
    return this.#link.peer;
  }

  get capabilities(): LinkCapabilities {
    return this.#link.capabilities;
  }

  start(events: LinkEvents): void {
    this.#events = events;
    this.#link.start({
      batch: ({ bytes, start, end }: Batch) => this.#in.take(bytes, start, end, events),
      drain: () => {
        this.#busy = false;
        this.#out.pump();
      },
      dropped: (reason, frames) => events.dropped(reason, frames),
      close: (error) => {
        this.#stop();
        events.close(error);
      },
    });
  }

  send(bytes: Buffer, start: number, end: number): Sent {
    if (!this.#closed) this.#out.take(bytes, start, end, this.#events);
    return "done";
  }

  pause(): void {
    this.#paused = true;
    this.#link.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#closed) return;
    this.#in.pumpLater(this.#time.now());
    this.#link.resume();
  }

  close(error?: Error): void {
    this.#stop();
    this.#link.close(error);
  }

  /** What is on its way is lost. */
  #stop(): void {
    this.#closed = true;
    this.#out.stop();
    this.#in.stop();
  }

  /** Sends what `line` has chosen; false where the link is busy. */
  #pass(line: DelayLine): boolean {
    if (this.#busy || this.#closed) return false;
    this.#busy = this.#link.send(line.bytes, line.start, line.end) === "full";
    return !this.#busy;
  }

  /** Hands on what `line` has chosen; false while paused. */
  #hand(line: DelayLine): boolean {
    if (this.#paused || this.#closed) return false;
    this.#batch.bytes = line.bytes;
    this.#batch.start = line.start;
    this.#batch.end = line.end;
    this.#events?.batch(this.#batch);
    return true;
  }
}

/** One way through the cable. */
class Direction {
  readonly #line = new DelayLine(LINE_BYTES);
  readonly #fate: Fate;
  readonly #time: Scheduler;
  readonly #emit: (line: DelayLine) => boolean;
  #cancel: (() => void) | null = null;
  #stopped = false;

  /** `emit` takes what the line has chosen, or answers false and has `pump` called later. */
  constructor(fate: Fate, time: Scheduler, emit: (line: DelayLine) => boolean) {
    this.#fate = fate;
    this.#time = time;
    this.#emit = emit;
  }

  take(bytes: Buffer, start: number, end: number, events: LinkEvents | null): void {
    const now = this.#time.now();
    for (let at = start; at < end && !this.#stopped; ) {
      const header = readHeader(bytes, at);
      const next = at + RECORD_HEADER + (header & 0xff_ffff);
      const prefix = header >>> 24 === RecordKind.offload ? VNET_HEADER : 0;
      const due = this.#fate.of(next - at - RECORD_HEADER - prefix, now);
      if (due === LOST) events?.dropped("loss", 1);
      else if (due === FULL || !this.#line.push(bytes, at, next, due)) events?.dropped("queue", 1);
      at = next;
    }
    this.pump();
  }

  /** Emits what is due, and comes back when more is. */
  pump(): void {
    const now = this.#time.now();
    while (!this.#stopped && this.#line.choose(now)) {
      if (!this.#emit(this.#line)) return;
      this.#line.drop();
    }
    if (!this.#stopped && !this.#line.isEmpty) this.pumpLater(this.#line.due);
  }

  /** Has `pump` called at `due` (ms), or at the time that it is waiting for already. */
  pumpLater(due: number): void {
    if (this.#line.isEmpty || this.#cancel !== null) return;
    this.#cancel = this.#time.after(Math.max(0, due - this.#time.now()), () => {
      this.#cancel = null;
      this.pump();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#cancel = null;
  }
}
