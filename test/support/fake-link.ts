/**
 * A link whose answers the test chooses. It takes the contract at its word: bytes that it "kept" are read again when
 * the send is finished, and must not have changed meanwhile.
 */
import assert from "node:assert/strict";
import type { DropReason } from "../../src/frame/drop-reason.js";
import type { Lent, Link, LinkCapabilities, LinkEvents, Sent } from "../../src/link/link.js";
import { recordsOf } from "./frames-offload.js";

interface Unfinished {
  readonly view: Buffer;
  readonly asLent: Buffer;
}

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
  #unfinished: Unfinished | null = null;
  #events: LinkEvents | null = null;

  constructor(capabilities: Partial<LinkCapabilities> = {}) {
    this.capabilities = { maxFrame: 69_632, offload: 0, ...capabilities };
  }

  /** Still has to say "drain". */
  get busy(): boolean {
    return this.#busy;
  }

  /** The frames of all records that it has taken and finished, in order, whatever their kind. */
  get frames(): Buffer[] {
    return this.#taken.flatMap((bytes) => recordsOf(bytes).map(({ payload }) => payload));
  }

  start(events: LinkEvents): void {
    this.#events = events;
  }

  send(bytes: Buffer, start: number, end: number): Sent {
    this.sends++;
    assert.ok(start < end, "a send of nothing");
    assert.ok(!this.#busy, "a send while an earlier one is unfinished");
    const answer = this.answer();
    const view = bytes.subarray(start, end);
    if (answer === "done") this.#taken.push(Buffer.from(view));
    else this.#busy = true;
    if (answer === "kept") this.#unfinished = { view, asLent: Buffer.from(view) };
    return answer;
  }

  /** Finishes what it kept, or is free again after "full". */
  drain(): void {
    if (this.#unfinished !== null) {
      assert.ok(this.#unfinished.view.equals(this.#unfinished.asLent), "bytes changed while they were lent");
      this.#taken.push(this.#unfinished.asLent);
      this.#unfinished = null;
    }
    this.#busy = false;
    this.#events?.drain();
  }

  /** Brings in records; answers what the switch answered. */
  deliver(bytes: Buffer, start = 0, end = bytes.length): Lent {
    return this.#events!.batch({ bytes, start, end });
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
