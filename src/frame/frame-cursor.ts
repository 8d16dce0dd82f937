/**
 * Walks the frames of a batch without allocating: `open` a batch, then `next` until it is false. The fields hold
 * the frame at hand; nothing of it may be kept past the next call. Record lengths were checked by whoever made the
 * batch, so they are trusted here.
 */

import { checksumField } from "./checksum-field.js";
import { ETHERTYPE, TAG_8021Q, TAG_CONTROL, VLAN_ID_MASK, VLAN_TAG } from "./ethernet.js";
import { classify } from "./frame-class.js";
import { RECORD_HEADER, RecordKind, VNET_HEADER } from "./record.js";

const NOTHING: Buffer = Buffer.alloc(0);

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
  /** The frame whose classes are known. */
  #classified = -1;
  #classes = 0;
  #view = new DataView(NOTHING.buffer);

  /** Puts the cursor before the first record of bytes[start, end). */
  open(bytes: Buffer, start: number, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.recordEnd = start;
    this.#end = end;
    this.#classified = -1;
  }

  /** A set of `FrameClass` bits, worked out when somebody asks, and once. */
  get classes(): number {
    if (this.#classified !== this.frameStart) {
      this.#classified = this.frameStart;
      this.#classes = classify(this.bytes, this.frameStart, this.recordEnd, checksumField(this));
    }
    return this.#classes;
  }

  /** Steps to the next frame; false at the end of the batch. */
  next(): boolean {
    const at = this.recordEnd;
    if (at + RECORD_HEADER > this.#end) return false;
    const header = this.#view.getInt32(at);
    this.recordStart = at;
    this.kind = header >>> 24;
    this.recordEnd = at + RECORD_HEADER + (header & 0xff_ffff);
    this.frameStart = at + RECORD_HEADER + (this.kind === RecordKind.offload ? VNET_HEADER : 0);
    this.frameLength = this.recordEnd - this.frameStart;
    this.#readHeader(this.#view, this.frameStart);
    return true;
  }

  #readHeader(view: DataView, at: number): void {
    this.destinationHigh = view.getUint16(at);
    this.destinationLow = view.getInt32(at + 2);
    this.sourceHigh = view.getUint16(at + 6);
    this.sourceLow = view.getInt32(at + 8);
    const tagged =
      view.getUint16(at + ETHERTYPE) === TAG_8021Q && this.frameLength >= ETHERTYPE + 2 + VLAN_TAG;
    this.vlan = tagged ? view.getUint16(at + TAG_CONTROL) & VLAN_ID_MASK : 0;
  }
}
