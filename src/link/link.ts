/**
 * A link carries batches of frames in and out of the process: a TAP device, a TCP stream, an in-memory pair. One
 * narrow interface, so that a switch works with no socket and a link works with no switch.
 *
 * Who may touch a batch's bytes, and when, is the whole contract:
 * - bytes are lent for the duration of a call, and never modified meanwhile: a link reuses its read buffer when
 *   `events.batch` has returned, and a switch the bytes it sent when `send` has;
 * - `send` either has all of the bytes in the kernel or copied ("done"), or has taken none of them because an earlier
 *   send is unfinished ("full"); then it calls `events.drain` once it is free;
 * - a link never calls `batch`, `drain` or `close` from within a call to itself, so that a switch is not re-entered
 *   half way through a batch.
 */
import type { DropReason } from "../frame/drop-reason.js";

/** Whole records of kind 0 and 1 in bytes[start, end), one contiguous range. */
export interface Batch {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

export type Sent = "done" | "full";

export interface LinkCapabilities {
  /** Longest frame in bytes that this link can carry out, Ethernet header included. */
  readonly maxFrame: number;
  /** Work that the other end takes over: a set of `Offload` bits; 0 means finished frames only. */
  readonly offload: number;
}

export interface LinkEvents {
  /** Frames came in. */
  batch(batch: Batch): void;
  /** The link that answered "full" is free: send again. */
  drain(): void;
  /** The carrier itself lost `frames` frames on their way out. */
  dropped(reason: DropReason, frames: number): void;
  /** The link has ended; nothing follows. */
  close(error?: Error): void;
}

export interface Link {
  /** The kind of carrier, as in an endpoint URL: "tap", "tcp", "unix", "memory". */
  readonly kind: string;
  /** Who is at the other end, for people: an address, a device name. */
  readonly peer: string;
  readonly capabilities: LinkCapabilities;
  start(events: LinkEvents): void;
  /** Sends the whole records in bytes[start, end). */
  send(bytes: Buffer, start: number, end: number): Sent;
  pause(): void;
  resume(): void;
  /** Ends the link at once. Safe to call twice. */
  close(error?: Error): void;
}
