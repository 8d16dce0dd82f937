/** Refusals come frame by frame, and are told as one event for each port and reason in `REFUSED_EVENT_MS`. */
import type { DropReason } from "../frame/drop-reason.js";
import { ETHERTYPE } from "../frame/ethernet.js";
import type { FrameCursor } from "../frame/frame-cursor.js";
import { claimedAddress } from "../frame/ip-source-text.js";
import type { Mac } from "../frame/mac.js";
import { read16 } from "../frame/segment-fields.js";

/** Often enough to see a mistake while looking, and at most 8,640 lines a day from a port that never stops. */
export const REFUSED_EVENT_MS = 10_000;

/** What was refused. */
export interface Refusal {
  readonly source: Mac;
  readonly destination: Mac;
  readonly vlan: number;
  /** The EtherType behind the addresses, that of a tag if there is one. */
  readonly etherType: number;
  /** The IP address that the frame speaks for, where it can be read. */
  readonly address: string | null;
  /** Frames refused at this port for this reason since the last event, this one included. */
  readonly frames: number;
}

export class Refusals {
  readonly #untold = new Map<DropReason, { frames: number; toldAt: number }>();

  /** Counts a refusal at `now` (ms), and describes it if it is time for an event. */
  note(reason: DropReason, frame: FrameCursor, now: number): Refusal | null {
    let untold = this.#untold.get(reason);
    if (untold === undefined) {
      untold = { frames: 0, toldAt: Number.NEGATIVE_INFINITY };
      this.#untold.set(reason, untold);
    }
    untold.frames++;
    if (now - untold.toldAt < REFUSED_EVENT_MS) return null;
    const refusal = describe(frame, untold.frames);
    untold.toldAt = now;
    untold.frames = 0;
    return refusal;
  }
}

function describe(frame: FrameCursor, frames: number): Refusal {
  return {
    source: { high: frame.sourceHigh, low: frame.sourceLow },
    destination: { high: frame.destinationHigh, low: frame.destinationLow },
    vlan: frame.vlan,
    etherType: read16(frame.bytes, frame.frameStart + ETHERTYPE),
    address: claimedAddress(frame.bytes, frame.frameStart, frame.recordEnd),
    frames,
  };
}
