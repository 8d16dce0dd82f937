/**
 * Bounds what comes in through a port, as a token bucket that fills with bits per second and is emptied by the bytes of
 * frames. A large segment counts as the frames that it will become, headers and all: a member with offload gets no
 * more than one without. It polices and does not queue, so TCP finds its pace by what is dropped.
 */
import { TapswitchError } from "../errors.js";
import type { DropReason } from "../frame/drop-reason.js";
import type { FrameCursor } from "../frame/frame-cursor.js";
import { RecordKind } from "../frame/record.js";
import { readSegment, SegmentView } from "../frame/vnet-header.js";
import type { PolicedPort, Policy } from "./policy.js";

/** A bucket holds what its rate lets through in this time: a few round trips of a long path, as TCP sends in bursts. */
export const RATE_BURST_MS = 100;
/** And at least this: at the lowest rates a segment of 64 KiB, in frames of ordinary size, must still fit in. */
export const MIN_BURST_BYTES = 131_072;

export class RatePolicy implements Policy {
  readonly #bytesPerMs: number;
  readonly #burstBytes: number;
  readonly #segment = new SegmentView();
  #bytes: number;
  #filledAt = Number.NEGATIVE_INFINITY;

  /** Throws `usage` unless the rate is above 0. */
  constructor(bitsPerSecond: number) {
    if (!(bitsPerSecond > 0)) {
      throw new TapswitchError("usage", `a rate of ${bitsPerSecond} bits per second lets nothing through`);
    }
    this.#bytesPerMs = bitsPerSecond / 8_000;
    this.#burstBytes = Math.max(MIN_BURST_BYTES, this.#bytesPerMs * RATE_BURST_MS);
    this.#bytes = this.#burstBytes;
  }

  admit(_port: PolicedPort, frame: FrameCursor, now: number): DropReason | null {
    this.#fill(now);
    const bytes = frame.kind === RecordKind.offload ? this.#finishedBytes(frame) : frame.frameLength;
    if (bytes > this.#bytes) return "rate";
    this.#bytes -= bytes;
    return null;
  }

  #fill(now: number): void {
    if (now <= this.#filledAt) return;
    this.#bytes = Math.min(this.#burstBytes, this.#bytes + (now - this.#filledAt) * this.#bytesPerMs);
    this.#filledAt = now;
  }

  /** Bytes of the frames that a record of kind 1 becomes; infinite where it becomes none. */
  #finishedBytes(frame: FrameCursor): number {
    const segment = this.#segment;
    if (!readSegment(frame.bytes, frame.recordStart, frame.recordEnd, segment))
      return Number.POSITIVE_INFINITY;
    return segment.segments * segment.headerLength + segment.payloadLength;
  }
}
