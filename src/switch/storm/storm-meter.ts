import type { FrameCursor } from "../../frame/frame-cursor.js";
import { GROUP_BIT } from "../../frame/mac.js";
import { FrameCost } from "../frame-cost.js";
import { TokenBucket } from "../token-bucket.js";
import {
  MIN_STORM_BURST,
  STORM_BURST_MS,
  type StormBound,
  type StormKind,
  type StormLimits,
} from "./storm-limits.js";

/** Measures what one port sends to everybody. Asked about no other frames, so that ordinary unicast costs nothing. */
export class StormMeter {
  /** Frames refused so far. */
  readonly refused: Record<StormKind, number> = { broadcast: 0, multicast: 0, unknown: 0 };
  /** A storm shuts the port for so long, ms; 0: it does not. */
  readonly shutMs: number;
  readonly #cost = new FrameCost();
  readonly #bounds: Readonly<Record<StormKind, Bound>>;

  constructor({ broadcast, multicast, unknown }: StormLimits, shutMs = 0) {
    this.shutMs = shutMs;
    this.#bounds = {
      broadcast: new Bound(broadcast),
      multicast: new Bound(multicast),
      unknown: new Bound(unknown),
    };
  }

  /** Whether a frame to a group or an unknown address may pass at `now` (ms). */
  admits(frame: FrameCursor, now: number): boolean {
    const kind = kindOf(frame);
    this.#cost.measure(frame);
    if (this.#bounds[kind].admits(this.#cost, now)) return true;
    this.refused[kind] += this.#cost.frames;
    return false;
  }
}

/** Both sides of a `StormBound`; each is null where it is infinite. */
class Bound {
  readonly #frames: TokenBucket | null;
  readonly #bytes: TokenBucket | null;

  constructor({ frames, bits }: StormBound) {
    this.#frames = bucketOf(frames, MIN_STORM_BURST.frames);
    this.#bytes = bucketOf(bits / 8, MIN_STORM_BURST.bits / 8);
  }

  admits({ frames, bytes }: FrameCost, now: number): boolean {
    if (this.#frames?.has(frames, now) === false || this.#bytes?.has(bytes, now) === false) return false;
    this.#frames?.take(frames);
    this.#bytes?.take(bytes);
    return true;
  }
}

function bucketOf(perSecond: number, leastBurst: number): TokenBucket | null {
  if (!Number.isFinite(perSecond)) return null;
  return new TokenBucket(
    perSecond,
    perSecond === 0 ? 0 : Math.max(leastBurst, (perSecond * STORM_BURST_MS) / 1_000),
  );
}

function kindOf({ destinationHigh, destinationLow }: FrameCursor): StormKind {
  if ((destinationHigh & GROUP_BIT) === 0) return "unknown";
  return destinationHigh === 0xffff && destinationLow === -1 ? "broadcast" : "multicast";
}
