/**
 * Frames whose segmentation or checksum is still to be done. Towards a port whose far end takes that work over the
 * record passes as it is; for others it is finished here, once, however many ports a flood reaches. A port without
 * any offload never sees a record of kind 1, even one that needs nothing: QEMU would read its kind as a length.
 */
import type { FrameCursor } from "../frame/frame-cursor.js";
import { RECORD_HEADER, readHeader } from "../frame/record.js";
import { finish, finishedBytes } from "../frame/segment.js";
import { readSegment, SegmentView } from "../frame/vnet-header.js";
import type { Port } from "./port.js";

export class Finisher {
  readonly #segment = new SegmentView();
  /** The finished records of the frame at hand are scratch[0, end); 0 while not yet made. */
  #scratch = Buffer.alloc(0);
  #end = 0;

  /** Takes a frame of kind 1; false where its header does not fit it. */
  open(frame: FrameCursor): boolean {
    this.#end = 0;
    return readSegment(frame.bytes, frame.recordStart, frame.recordEnd, this.#segment);
  }

  /** Transmits the opened frame to `port`. True where this is the port's first record since its last flush. */
  transmit(port: Port, frame: FrameCursor): boolean {
    if (this.#segment.largestFrame > port.maxFrame) {
      port.refuse(frame, "oversize");
      return false;
    }
    if (port.offload !== 0 && (this.#segment.needs & ~port.offload) === 0) {
      return port.transmit(frame.bytes, frame.recordStart, frame.recordEnd, frame.frameLength);
    }
    if (this.#end === 0) this.#finish(frame);
    return this.#transmitFinished(port);
  }

  #finish(frame: FrameCursor): void {
    const room = finishedBytes(this.#segment);
    if (room > this.#scratch.length) this.#scratch = Buffer.allocUnsafeSlow(Math.max(room, 128 * 1_024));
    this.#end = finish(frame.bytes, frame.recordStart, this.#segment, this.#scratch, 0);
  }

  #transmitFinished(port: Port): boolean {
    let first = false;
    for (let at = 0; at < this.#end; ) {
      const length = readHeader(this.#scratch, at) & 0xff_ffff;
      const next = at + RECORD_HEADER + length;
      if (port.transmit(this.#scratch, at, next, length)) first = true;
      at = next;
    }
    // The next segment will overwrite these bytes.
    port.settle();
    return first;
  }
}
