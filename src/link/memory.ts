/**
 * Two ends of a cable inside the process, for tests and for programs that embed a switch. Like a real link it
 * never calls back from within `send`: delivery is scheduled, so that a switch is not re-entered half way through
 * a batch.
 */
import { MAX_FRAME } from "../frame/record.js";
import type { Link, LinkCapabilities, LinkEvents, Sent } from "./link.js";

export interface MemoryLinkOptions {
  readonly capabilities?: Partial<LinkCapabilities>;
  /** Runs a delivery later; a test passes a queue that it empties itself. */
  readonly schedule?: (deliver: () => void) => void;
}

export class MemoryLink implements Link {
  readonly kind = "memory";
  readonly peer: string;
  readonly capabilities: LinkCapabilities;
  readonly #schedule: (deliver: () => void) => void;
  #other: MemoryLink | null = null;
  #events: LinkEvents | null = null;
  #paused = false;
  #closed = false;
  #waiting: Buffer[] = [];

  private constructor(peer: string, options: MemoryLinkOptions) {
    this.peer = peer;
    this.capabilities = { maxFrame: MAX_FRAME, offload: 0, ...options.capabilities };
    this.#schedule = options.schedule ?? queueMicrotask;
  }

  /** Both ends of a new cable. */
  static pair(options: MemoryLinkOptions = {}): [MemoryLink, MemoryLink] {
    const ends: [MemoryLink, MemoryLink] = [new MemoryLink("b", options), new MemoryLink("a", options)];
    ends[0].#other = ends[1];
    ends[1].#other = ends[0];
    return ends;
  }

  start(events: LinkEvents): void {
    this.#events = events;
    this.#schedule(() => this.#deliver());
  }

  send(bytes: Buffer, start: number, end: number): Sent {
    const other = this.#other;
    if (this.#closed || other === null) return "done";
    other.#waiting.push(Buffer.from(bytes.subarray(start, end)));
    this.#schedule(() => other.#deliver());
    return "done";
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule(() => this.#deliver());
  }

  close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#schedule(() => this.#events?.close(error));
    this.#other?.close();
  }

  #deliver(): void {
    // Each batch may pause or close the link.
    while (this.#waiting.length > 0 && this.#events !== null && !this.#paused && !this.#closed) {
      const bytes = this.#waiting.shift()!;
      this.#events.batch({ bytes, start: 0, end: bytes.length });
    }
  }
}
