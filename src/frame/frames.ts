/** Frames one by one, for programs that embed a switch and do not count nanoseconds: both ways copy. */
import { FrameCursor } from "./frame-cursor.js";
import { MAX_FRAME, MIN_FRAME, RECORD_HEADER, RecordKind, writeHeader } from "./record.js";

/** The frames as records, one after the other: what a link sends. Throws `RangeError` for what is no frame by its length. */
export function toRecords(frames: readonly Uint8Array[]): Buffer {
  const wrong = frames.find(({ length }) => length < MIN_FRAME || length > MAX_FRAME);
  if (wrong !== undefined)
    throw new RangeError(`a frame has ${MIN_FRAME} to ${MAX_FRAME} bytes, not ${wrong.length}`);
  const bytes = Buffer.allocUnsafe(frames.reduce((sum, { length }) => sum + RECORD_HEADER + length, 0));
  let at = 0;
  for (const frame of frames) {
    writeHeader(bytes, at, RecordKind.frame, frame.length);
    bytes.set(frame, at + RECORD_HEADER);
    at += RECORD_HEADER + frame.length;
  }
  return bytes;
}

/** Copies of the frames in a batch, each from its destination address on. Unfinished ones are as they travel. */
export function* framesIn({
  bytes,
  start,
  end,
}: {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}): Generator<Buffer> {
  const frame = new FrameCursor();
  for (frame.open(bytes, start, end); frame.next(); )
    yield Buffer.from(bytes.subarray(frame.frameStart, frame.recordEnd));
}
