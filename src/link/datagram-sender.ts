/**
 * Sends the frames of batches as datagrams. A receiver that is not quick enough makes the kernel refuse one in the
 * middle of a batch: the rest is copied, further batches are refused, and `writable` goes on where it stopped.
 */
import { getSystemErrorName } from "node:util";
import type { DropReason } from "../frame/drop-reason.js";
import { MAX_FRAME, RECORD_HEADER, readHeader } from "../frame/record.js";
import { DatagramState, native } from "../native/native.js";
import { giveBuffer, takeBuffer } from "./buffer-pool.js";
import type { Sent } from "./link.js";

/** No address: the socket is connected, or who has sent does not matter. */
export const NOBODY: Buffer = Buffer.alloc(0);

export interface DatagramSenderOptions {
  readonly fd: number;
  /** Longest frame in bytes; longer ones are counted. */
  readonly maxFrame?: number;
  /** Bytes of each record's header that go out before the frame. */
  readonly prefix?: number;
}

export interface DatagramSenderEvents {
  /** Says from now on, or no longer, when the descriptor is writable. */
  awaitWritable(awaited: boolean): void;
  /** Bytes were refused, and there is room again. */
  drain(): void;
  /** A frame could not be sent. True: it is lost and the next may be tried; false: the link has ended. */
  failed(errno: string): boolean;
}

export class DatagramSender {
  /** Lent to the addon by whoever receives on the same socket, too. */
  readonly state = new Int32Array(DatagramState.words);
  readonly #events: DatagramSenderEvents;
  #to = NOBODY;
  #pending: Buffer | null = null;
  #at = 0;
  #end = 0;
  #refused = false;
  #failed = 0;

  constructor({ fd, maxFrame = MAX_FRAME, prefix = 0 }: DatagramSenderOptions, events: DatagramSenderEvents) {
    this.#events = events;
    this.state[DatagramState.fd] = fd;
    this.state[DatagramState.limit] = maxFrame;
    this.state[DatagramState.prefix] = prefix;
  }

  get fd(): number {
    return this.state[DatagramState.fd]!;
  }

  get maxFrame(): number {
    return this.state[DatagramState.limit]!;
  }

  /** Sends by another socket from now on, to `to` unless that is connected. */
  aim(fd: number, to = NOBODY): void {
    this.state[DatagramState.fd] = fd;
    this.#to = to;
  }

  send(bytes: Buffer, start: number, end: number): Sent {
    if (this.#pending !== null) {
      this.#refused = true;
      return "full";
    }
    const at = this.#push(bytes, start, end);
    if (at < end) this.#keep(bytes, at, end);
    return "done";
  }

  /** The descriptor is writable again. */
  writable(): void {
    const pending = this.#pending;
    if (pending === null) return;
    this.#at = this.#push(pending, this.#at, this.#end);
    if (this.#at < this.#end) return;
    this.abandon();
    this.#events.awaitWritable(false);
    if (!this.#refused) return;
    this.#refused = false;
    this.#events.drain();
  }

  /** Gives up what was not sent yet. */
  abandon(): void {
    if (this.#pending !== null) giveBuffer(this.#pending);
    this.#pending = null;
  }

  /** Reports the frames that were lost since the last call, on their way out and in. */
  reportLost(to: { dropped(reason: DropReason, frames: number): void }): void {
    this.#reportWord(to, "queue", DatagramState.queue);
    this.#reportWord(to, "malformed", DatagramState.malformed);
    this.#reportWord(to, "oversize", DatagramState.oversize);
    if (this.#failed > 0) to.dropped("device", this.#failed);
    this.#failed = 0;
  }

  /** Answers where it had to stop. */
  #push(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      at = native().sendDatagrams(this.state, bytes, at, end, this.#to);
      const error = this.state[DatagramState.error]!;
      if (error === 0) return end;
      const errno = getSystemErrorName(-error);
      if (errno === "EAGAIN") return at;
      if (!this.#events.failed(errno)) return end;
      this.#failed++;
      at += RECORD_HEADER + (readHeader(bytes, at) & 0xff_ffff);
    }
    return at;
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    this.#pending = takeBuffer(end - start);
    bytes.copy(this.#pending, 0, start, end);
    this.#at = 0;
    this.#end = end - start;
    this.#events.awaitWritable(true);
  }

  #reportWord(
    to: { dropped(reason: DropReason, frames: number): void },
    reason: DropReason,
    word: number,
  ): void {
    const frames = this.state[word]!;
    if (frames === 0) return;
    this.state[word] = 0;
    to.dropped(reason, frames);
  }
}
