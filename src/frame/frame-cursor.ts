/**
 * Walks the frames of a batch without allocating: `open` a batch, then `next` until it is false. The fields hold
 * the frame at hand; nothing of it may be kept past the next call. Record lengths were checked by whoever made the
 * batch, so they are trusted here.
 */
import { ETHERTYPE, TAG_8021Q, TAG_CONTROL, VLAN_ID_MASK, VLAN_TAG } from "./ethernet.js";
import { RECORD_HEADER, RecordKind, VNET_HEADER } from "./record.js";

const NOTHING = Buffer.alloc(0);

export class FrameCursor {
  bytes: Buffer = NOTHING;
  /** The record: its header starts here, its payload ends before `recordEnd`. */
  recordStart = 0;
  recordEnd = 0;
  /** `RecordKind.frame` or `RecordKind.offload`. */
  kind = 0;
  /** Where the Ethernet header starts, and how many bytes the frame has from there. */
  frameStart = 0;
  frameLength = 0;
  /** Addresses as `Mac` has them. */
  destinationHigh = 0;
  destinationLow = 0;
  sourceHigh = 0;
  sourceLow = 0;
  /** VLAN ID of an 802.1Q tag; 0 for untagged and priority-tagged frames. */
  vlan = 0;
  #end = 0;

  /** Puts the cursor before the first record of bytes[start, end). */
  open(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.recordEnd = start;
    this.#end = end;
  }

  /** Steps to the next frame; false at the end of the batch. */
  next(): boolean {
    const bytes = this.bytes;
    const at = this.recordEnd;
    if (at + RECORD_HEADER > this.#end) return false;
    this.recordStart = at;
    this.kind = bytes[at]!;
    this.recordEnd = at + RECORD_HEADER + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
    this.frameStart = at + RECORD_HEADER + (this.kind === RecordKind.offload ? VNET_HEADER : 0);
    this.frameLength = this.recordEnd - this.frameStart;
    this.#readHeader(bytes, this.frameStart);
    return true;
  }

  #readHeader(bytes: Buffer, at: number): void {
    this.destinationHigh = (bytes[at]! << 8) | bytes[at + 1]!;
    this.destinationLow =
      (bytes[at + 2]! << 24) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!;
    this.sourceHigh = (bytes[at + 6]! << 8) | bytes[at + 7]!;
    this.sourceLow =
      (bytes[at + 8]! << 24) | (bytes[at + 9]! << 16) | (bytes[at + 10]! << 8) | bytes[at + 11]!;
    const tagged =
      ((bytes[at + ETHERTYPE]! << 8) | bytes[at + ETHERTYPE + 1]!) === TAG_8021Q &&
      this.frameLength >= ETHERTYPE + 2 + VLAN_TAG;
    this.vlan = tagged ? ((bytes[at + TAG_CONTROL]! << 8) | bytes[at + TAG_CONTROL + 1]!) & VLAN_ID_MASK : 0;
  }
}
