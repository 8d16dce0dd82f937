import assert from "node:assert/strict";
import type { Batch, Link, LinkEvents, Sent } from "../../src/link/link.js";
import { eventually } from "../support/clock.js";
import { split, TEST_ETHERTYPE } from "../support/peers.js";

/** A started link whose calls and events are held against the contract. */
export class WatchedLink {
  readonly link: Link;
  readonly frames: Buffer[] = [];
  readonly closes: (Error | undefined)[] = [];
  /** Frames that it said were lost. */
  readonly drops: Record<string, number> = {};
  drains = 0;
  refusals = 0;
  afterClose = 0;
  readonly #onBatch: ((batch: Batch) => void) | undefined;
  #inside = 0;
  /** It answered "full" and owes a drain. */
  #refused = false;

  constructor(link: Link, onBatch?: (batch: Batch) => void) {
    this.link = link;
    this.#onBatch = onBatch;
  }

  start(): void {
    const events: LinkEvents = {
      batch: (batch) => this.#batch(batch),
      drain: () => this.#drain(),
      dropped: (reason, frames) => {
        this.drops[reason] = (this.drops[reason] ?? 0) + frames;
      },
      close: (error) => {
        this.#event("close");
        this.closes.push(error);
      },
    };
    this.call(() => this.link.start(events));
  }

  /** Marks that a call is under way: no event may come before it returns. */
  call<T>(make: () => T): T {
    this.#inside++;
    try {
      return make();
    } finally {
      this.#inside--;
    }
  }

  send(bytes: Buffer, start: number, end: number): Sent {
    const sent = this.call(() => this.link.send(bytes, start, end));
    assert.ok(sent === "full" || !this.#refused || this.closes.length > 0, `${sent} before it drained`);
    if (sent === "full") {
      this.#refused = true;
      this.refusals++;
    }
    return sent;
  }

  /** Sends one range, waiting its turn. */
  async sendAll(bytes: Buffer): Promise<void> {
    while (this.send(bytes, 0, bytes.length) === "full") await eventually(() => !this.#refused, "drain");
  }

  /** Sends ranges one by one from the same memory, which is overwritten as soon as the link is done with it. */
  async sendOverwriting(ranges: readonly Buffer[]): Promise<void> {
    const memory = Buffer.alloc(Math.max(...ranges.map((range) => range.length)) + 8);
    for (const range of ranges) {
      range.copy(memory, 8);
      while (this.send(memory, 8, 8 + range.length) === "full") {
        await eventually(() => !this.#refused, "drain");
      }
      memory.fill(0xee);
    }
  }

  #batch(batch: Batch): void {
    this.#event("batch");
    const { records: whole, rest } = split(batch.bytes.subarray(batch.start, batch.end));
    assert.equal(rest.length, 0, "a batch holds whole records");
    this.frames.push(...ours(whole.map(({ payload }) => payload)));
    this.#onBatch?.(batch);
  }

  #drain(): void {
    this.#event("drain");
    assert.ok(this.#refused, "drain though nothing was refused");
    this.#refused = false;
    this.drains++;
  }

  #event(name: string): void {
    assert.equal(this.#inside, 0, `${name} from within a call`);
    if (this.closes.length > 0) this.afterClose++;
    assert.equal(this.closes.length, 0, `${name} after close`);
  }
}

/** The frames of the contract suite among those that a kernel may have added. */
export function ours(frames: readonly Buffer[]): Buffer[] {
  return frames.filter((one) => one.length >= 14 && one.readUInt16BE(12) === TEST_ETHERTYPE);
}
