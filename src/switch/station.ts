import type { FrameCursor } from "../frame/frame-cursor.js";

/** Something in this process that is spoken to in frames: those of its EtherType that come in through its port. */
export interface Station {
  readonly etherType: number;
  /** Answers whether the frame was for it and goes no further. It must not send before it has returned. */
  take(frame: FrameCursor): boolean;
}
