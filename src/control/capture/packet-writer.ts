/** Writes the packets of one capture, whole or as the frames that a segment will become. */
import type { DropReason } from "../../frame/drop-reason.js";
import { FrameCursor } from "../../frame/frame-cursor.js";
import {
  type InterfaceFacts,
  interfaceBlock,
  sectionHeader,
  statisticsBlock,
  WallTime,
} from "../../frame/pcapng.js";
import { PacketBlock } from "../../frame/pcapng-packet.js";
import { RecordKind } from "../../frame/record.js";
import { finish, finishedBytes } from "../../frame/segment.js";
import { readSegment, SegmentView } from "../../frame/vnet-header.js";
import type { Direction } from "../../switch/observer.js";
import type { StreamSink } from "../call.js";
import { Budget } from "./budget.js";
import { ChunkRing } from "./chunk-ring.js";

export interface WriterOptions {
  readonly sink: StreamSink;
  /** Most bytes of a packet that are kept. */
  readonly snaplen: number;
  /** Cuts segments into their frames. */
  readonly split: boolean;
  /** What is added to the switch's time to have milliseconds since 1970. */
  readonly offsetMs: number;
  /** Most packets. */
  readonly count: number;
}

/** An interface of the file, and what has become of its packets. */
export interface Tally {
  readonly id: number;
  received: number;
  accepted: number;
  dropped: number;
}

export class PacketWriter {
  readonly #options: WriterOptions;
  readonly #ring: ChunkRing;
  readonly #budget = new Budget();
  readonly #packet: PacketBlock;
  readonly #segment = new SegmentView();
  readonly #pieces = new FrameCursor();
  /** What a segment is divided into. */
  #scratch = Buffer.alloc(0);
  #interfaces = 0;
  #written = 0;
  /** The time that the packet at hand has. */
  #now = Number.NaN;

  constructor(options: WriterOptions, application: string) {
    this.#options = options;
    this.#packet = new PacketBlock(options.snaplen);
    this.#ring = new ChunkRing(options.sink);
    this.#ring.write(sectionHeader(application));
  }

  /** Introduces an interface. */
  introduce(facts: Omit<InterfaceFacts, "snaplen">): Tally {
    this.#ring.write(interfaceBlock({ ...facts, snaplen: this.#options.snaplen }));
    return { id: this.#interfaces++, received: 0, accepted: 0, dropped: 0 };
  }

  /** What the packets to come have in common. */
  at(direction: Direction, now: number, dropped: DropReason | null): void {
    const packet = this.#packet;
    packet.outbound = direction === "out";
    packet.dropped = dropped;
    if (now === this.#now) return;
    this.#now = now;
    packet.time.set(now + this.#options.offsetMs);
  }

  /** Writes the frame, unless the reader is too slow. */
  write(frame: FrameCursor, tally: Tally): void {
    const { bytes, recordStart, recordEnd } = frame;
    const whole = frame.kind !== RecordKind.offload || !this.#options.split;
    if (whole || !readSegment(bytes, recordStart, recordEnd, this.#segment))
      this.#writePacket(bytes, frame.frameStart, recordEnd, tally);
    else this.#writePieces(frame, tally);
  }

  /** Writes the statistics of an interface; `now` is the switch's time. */
  conclude({ id, received, accepted, dropped }: Tally, now: number): void {
    const time = new WallTime();
    time.set(now + this.#options.offsetMs);
    this.#ring.write(statisticsBlock({ id, time, received, accepted, dropped }));
  }

  /** All that it may write is written. */
  get full(): boolean {
    return this.#written >= this.#options.count;
  }

  /** Hands over what is left. */
  end(): void {
    this.#ring.flush();
    this.#options.sink.end();
  }

  #writePieces(frame: FrameCursor, tally: Tally): void {
    const room = finishedBytes(this.#segment);
    if (room > this.#scratch.length) this.#scratch = Buffer.allocUnsafeSlow(Math.max(room, 131_072));
    const end = finish(frame.bytes, frame.recordStart, this.#segment, this.#scratch, 0);
    const pieces = this.#pieces;
    for (pieces.open(this.#scratch, 0, end); pieces.next(); )
      this.#writePacket(this.#scratch, pieces.frameStart, pieces.recordEnd, tally);
  }

  #writePacket(bytes: Buffer, start: number, end: number, tally: Tally): void {
    const packet = this.#packet;
    if (this.full) return;
    packet.interfaceId = tally.id;
    packet.take(bytes, start, end);
    tally.accepted++;
    const at = this.#budget.take(packet.length, this.#now) ? this.#ring.reserve(packet.length) : -1;
    if (at < 0) tally.dropped++;
    else {
      packet.write(this.#ring.target, at);
      this.#written++;
    }
  }
}
