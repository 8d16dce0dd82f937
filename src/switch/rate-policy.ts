/**
 * Bounds what comes in through a port, as a token bucket that fills with bits per second and is emptied by the bytes of
 * frames. A large segment counts as the frames that it will become, headers and all: a member with offload gets no
 * more than one without. It polices and does not queue, so TCP finds its pace by what is dropped.
 */
import { TapswitchError } from "../errors.js";
import type { DropReason } from "../frame/drop-reason.js";
import type { FrameCursor } from "../frame/frame-cursor.js";
import { FrameCost } from "./frame-cost.js";
import type { PolicedPort, Policy } from "./policy.js";
import { TokenBucket } from "./token-bucket.js";

/** A bucket holds what its rate lets through in this time: a few round trips of a long path, as TCP sends in bursts. */
export const RATE_BURST_MS = 100;
/** And at least this: at the lowest rates a segment of 64 KiB, in frames of ordinary size, must still fit in. */
export const MIN_BURST_BYTES = 131_072;

export class RatePolicy implements Policy {
  readonly #bytes: TokenBucket;
  readonly #cost = new FrameCost();

  /** Throws `usage` unless the rate is above 0. */
  constructor(bitsPerSecond: number) {
    if (!(bitsPerSecond > 0)) {
      throw new TapswitchError("usage", `a rate of ${bitsPerSecond} bits per second lets nothing through`);
    }
    const perSecond = bitsPerSecond / 8;
    this.#bytes = new TokenBucket(perSecond, Math.max(MIN_BURST_BYTES, (perSecond * RATE_BURST_MS) / 1_000));
  }

  admit(_port: PolicedPort, frame: FrameCursor, now: number): DropReason | null {
    this.#cost.measure(frame);
    if (!this.#bytes.has(this.#cost.bytes, now)) return "rate";
    this.#bytes.take(this.#cost.bytes);
    return null;
  }
}
