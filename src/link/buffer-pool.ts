/**
 * Memory for what a blocked socket has not yet taken. Blocking comes in bursts, and a fresh buffer each time costs a
 * page fault per 4 KiB and, since it counts as external memory, a full garbage collection every few hundred.
 */
import { BUSY_BYTES } from "./receive-buffer.js";

/** Free buffers that are kept for the next burst: 4 MB in all. */
const MOST_FREE = 16;
const free: Buffer[] = [];

/** A buffer of at least `size` bytes. */
export function takeBuffer(size: number): Buffer {
  if (size > BUSY_BYTES) return Buffer.allocUnsafeSlow(size);
  return free.pop() ?? Buffer.allocUnsafeSlow(BUSY_BYTES);
}

/** Gives back what `takeBuffer` gave, when nobody reads it any more. */
export function giveBuffer(buffer: Buffer): void {
  if (buffer.length === BUSY_BYTES && free.length < MOST_FREE) free.push(buffer);
}
