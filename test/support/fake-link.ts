/** A link whose answers the test chooses. It holds the switch to its side of the contract. */
import assert from "node:assert/strict";
import type { DropReason } from "../../src/frame/drop-reason.js";
import type { Link, LinkCapabilities, LinkEvents, Sent } from "../../src/link/link.js";
import { recordsOf } from "./frames-offload.js";

export class FakeLink implements Link {
  readonly kind = "fake";
  readonly peer = "the test";
  readonly capabilities: LinkCapabilities;
  /** What it says to a send while it is free. */
  answer: () => Sent = () => "done";
  /** Sends it was asked for, whatever the answer. */
  sends = 0;
  closed = false;
  readonly #taken: Buffer[] = [];
  #busy = false;
  #events: LinkEvents | null = null;

  constructor(capabilities: Partial<LinkCapabilities> = {}) {
    this.capabilities = { maxFrame: 69_632, offload: 0, ...capabilities };
  }

  /** Still has to say "drain". */
  get busy(): boolean {
    return this.#busy;
  }

  /** The frames of all records that it has taken, in order, whatever their kind. */
  get frames(): Buffer[] {
    return this.#taken.flatMap((bytes) => recordsOf(bytes).map(({ payload }) => payload));
  }

  start(events: LinkEvents): void {
    this.#events = events;
  }

  send(bytes: Buffer, start: number, end: number): Sent {
    this.sends++;
    assert.ok(start < end, "a send of nothing");
    assert.ok(!this.#busy, "a send before the drain");
    const answer = this.answer();
    if (answer === "full") this.#busy = true;
    else this.#taken.push(Buffer.from(bytes.subarray(start, end)));
    return answer;
  }

  /** Is free again after "full". */
  drain(): void {
    this.#busy = false;
    this.#events?.drain();
  }

  /** Brings in records. */
  deliver(bytes: Buffer, start = 0, end = bytes.length): void {
    this.#events!.batch({ bytes, start, end });
  }

  /** Says that it lost frames on their way out. */
  loses(reason: DropReason, frames: number): void {
    this.#events!.dropped(reason, frames);
  }

  pause(): void {
    throw new Error("a switch pauses no link");
  }

  resume(): void {
    throw new Error("a switch resumes no link");
  }

  close(error?: Error): void {
    if (this.closed) return;
    this.closed = true;
    this.#events?.close(error);
  }
}
