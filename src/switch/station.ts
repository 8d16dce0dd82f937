import type { FrameCursor } from "../frame/frame-cursor.js";

/** Something in this process that is spoken to in frames that come in through its port. */
export interface Station {
  /** Asked about each frame, so it should see at a glance what is not for it. Answers whether the frame was for it and goes no further. It must not send before it has returned. */
  take(frame: FrameCursor): boolean;
}
