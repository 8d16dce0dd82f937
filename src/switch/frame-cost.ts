import type { FrameCursor } from "../frame/frame-cursor.js";
import { RecordKind } from "../frame/record.js";
import { readSegment, SegmentView } from "../frame/vnet-header.js";

/** What a frame counts for where traffic is bounded: a large segment as all the frames that it will become. */
export class FrameCost {
  frames = 1;
  /** Headers and all: a sender with offload gets no more than one without. */
  bytes = 0;
  readonly #segment = new SegmentView();

  /** Infinite for a record of kind 1 that becomes no frame at all. */
  measure(frame: FrameCursor): void {
    this.frames = 1;
    this.bytes = frame.frameLength;
    if (frame.kind === RecordKind.offload) this.#measureSegment(frame);
  }

  #measureSegment({ bytes, recordStart, recordEnd }: FrameCursor): void {
    const segment = this.#segment;
    if (readSegment(bytes, recordStart, recordEnd, segment)) {
      this.frames = segment.segments;
      this.bytes = segment.segments * segment.headerLength + segment.payloadLength;
    } else {
      this.bytes = Number.POSITIVE_INFINITY;
    }
  }
}
