import type { FrameCursor } from "../frame/frame-cursor.js";
import type { Port } from "./port.js";

/** Knows which ports want a group's frames. */
export interface GroupTable {
  /** The ports for this frame to a group address, `from` perhaps among them; null: all. Must not allocate. */
  targets(frame: FrameCursor, from: Port): readonly Port[] | null;
}
