/**
 * The bounded memory of one capture. Packets are written into large chunks, which are handed to the reader when they
 * are full or have waited a moment, and are taken again once the reader's connection has let go of them. While the
 * reader has all of them there is no room, and the packet stays out of the capture: nothing waits, and nothing grows.
 */
import { CopyTarget } from "../../frame/copy.js";
import type { StreamSink } from "../call.js";

/** At least a largest packet, and what a socket takes at once: then the same memory is filled again, still warm. */
export const CHUNK_BYTES = 131_072;
/** Together below what the control API lets wait for one reader. */
export const CHUNKS = 16;
/** How long a packet may wait for others, ms. */
const LINGER_MS = 20;

interface Handed {
  readonly chunk: CopyTarget;
  /** Bytes handed over until its end, since the beginning. */
  readonly until: number;
}

export class ChunkRing {
  readonly #sink: StreamSink;
  readonly #free: CopyTarget[] = [];
  readonly #handed: Handed[] = [];
  #made = 0;
  #total = 0;
  #chunk: CopyTarget | null = null;
  #used = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(sink: StreamSink) {
    this.#sink = sink;
  }

  /** Where `reserve` made room. */
  get target(): CopyTarget {
    return this.#chunk!;
  }

  /** Takes room for `bytes`; where it is in `target`, or -1 where there is none. */
  reserve(bytes: number): number {
    if (this.#chunk !== null && this.#used + bytes > CHUNK_BYTES) this.flush();
    this.#chunk ??= this.#take();
    if (this.#chunk === null) return -1;
    this.#timer ??= setTimeout(() => this.flush(), LINGER_MS);
    const at = this.#used;
    this.#used += bytes;
    return at;
  }

  /** Hands over what is written so far. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const chunk = this.#chunk;
    if (chunk === null) return;
    this.#total += this.#used;
    this.#sink.write(chunk.bytes.subarray(0, this.#used));
    this.#handed.push({ chunk, until: this.#total });
    this.#chunk = null;
    this.#used = 0;
  }

  /** Hands over bytes that must not be lost, behind all else. */
  write(bytes: Buffer): void {
    this.flush();
    this.#total += bytes.length;
    this.#sink.write(bytes);
  }

  #take(): CopyTarget | null {
    // What waits is what was handed over last.
    const gone = this.#total - this.#sink.waitingBytes;
    while (this.#handed.length > 0 && this.#handed[0]!.until <= gone)
      this.#free.push(this.#handed.shift()!.chunk);
    const free = this.#free.pop();
    if (free !== undefined || this.#made === CHUNKS) return free ?? null;
    this.#made++;
    return new CopyTarget(CHUNK_BYTES);
  }
}
