/**
 * Whole records with a VLAN tag put in, exchanged or taken out [802.1Q 6.9]. In a record of kind 1 the offset of
 * the checksum counts from the start of the frame, so it moves with the tag. A peer chose that offset, and may have
 * pointed it at the tag itself: see `hasTrueTag`.
 */
import { checksumField } from "./checksum-field.js";
import type { CopyTarget } from "./copy.js";
import { ETHERTYPE, TAG_8021Q, TAG_CONTROL, VLAN_ID_MASK, VLAN_TAG } from "./ethernet.js";
import type { FrameCursor } from "./frame-cursor.js";
import { MAX_RECORD, MIN_FRAME, RECORD_HEADER, RecordKind, writeHeader } from "./record.js";
import { read16, write16 } from "./segment-fields.js";

/** Longest record with one tag more, bytes. */
export const MAX_TAGGED_RECORD = MAX_RECORD + VLAN_TAG;

/** Fields of the virtio-net header, little-endian; counted from the start of the record. */
const FLAGS = RECORD_HEADER;
const NEEDS_CSUM = 1;
const HEADER_LENGTH = RECORD_HEADER + 2;
const CSUM_START = RECORD_HEADER + 6;

/** VLAN ID of the frame's outer tag if it is of this EtherType, 0 of a priority tag; -1: it has no such tag. */
export function tagOf(frame: FrameCursor, tagType: number): number {
  if (
    frame.frameLength < MIN_FRAME + VLAN_TAG ||
    read16(frame.bytes, frame.frameStart + ETHERTYPE) !== tagType
  )
    return -1;
  return read16(frame.bytes, frame.frameStart + TAG_CONTROL) & VLAN_ID_MASK;
}

/** True if the frame's outer tag, which it must have, is what it says: no checksum will be written over it. */
export function hasTrueTag(frame: FrameCursor): boolean {
  return checksumField(frame) >= frame.frameStart + MIN_FRAME + VLAN_TAG;
}

/**
 * Writes the record to `target` at `offset` with a tag of this EtherType and of `frame.vlan` put in, which has the
 * priority of a customer's tag behind it [802.1Q 6.9.4]. Returns the offset behind it, or -1 where its offload header
 * cannot follow.
 */
export function writeTagged(frame: FrameCursor, tagType: number, target: CopyTarget, offset: number): number {
  const end = move(frame, VLAN_TAG, target, offset);
  const inner = tagOf(frame, TAG_8021Q) < 0 ? 0 : read16(frame.bytes, frame.frameStart + TAG_CONTROL);
  writeTag(
    target,
    offset + frame.frameStart - frame.recordStart,
    tagType,
    (inner & ~VLAN_ID_MASK) | frame.vlan,
  );
  return end;
}

/** As `writeTagged`, but in place of the outer tag, which it must have and whose priority stays. */
export function writeRetagged(
  frame: FrameCursor,
  tagType: number,
  target: CopyTarget,
  offset: number,
): number {
  const end = move(frame, 0, target, offset);
  const control = read16(frame.bytes, frame.frameStart + TAG_CONTROL);
  writeTag(
    target,
    offset + frame.frameStart - frame.recordStart,
    tagType,
    (control & ~VLAN_ID_MASK) | frame.vlan,
  );
  return end;
}

/** As `writeTagged`, but without the outer tag, which it must have. */
export function writeUntagged(frame: FrameCursor, target: CopyTarget, offset: number): number {
  return move(frame, -VLAN_TAG, target, offset);
}

function writeTag(target: CopyTarget, frame: number, tagType: number, control: number): void {
  write16(target.bytes, frame + ETHERTYPE, tagType);
  write16(target.bytes, frame + TAG_CONTROL, control);
}

/** Copies the record, and all behind the addresses further by `by`; its end, or -1 where an offset cannot follow. */
function move(frame: FrameCursor, by: number, target: CopyTarget, offset: number): number {
  const { bytes, recordStart, recordEnd } = frame;
  const addressesEnd = frame.frameStart + ETHERTYPE;
  const from = addressesEnd + Math.max(0, -by);
  target.copy(bytes, recordStart, addressesEnd, offset);
  target.copy(bytes, from, recordEnd, offset + from - recordStart + by);
  const length = recordEnd - recordStart + by;
  writeHeader(target.bytes, offset, frame.kind, length - RECORD_HEADER);
  return frame.kind === RecordKind.offload && !moveOffsets(target.bytes, offset, by) ? -1 : offset + length;
}

function moveOffsets(target: Buffer, record: number, by: number): boolean {
  const headerLength = readLittle16(target, record + HEADER_LENGTH) + by;
  // Only a hint, and 0 says that there is none.
  const fits = headerLength >= MIN_FRAME && headerLength <= 0xffff;
  target.writeUInt16LE(fits ? headerLength : 0, record + HEADER_LENGTH);
  if ((target[record + FLAGS]! & NEEDS_CSUM) === 0) return true;
  const start = readLittle16(target, record + CSUM_START) + by;
  if (start < MIN_FRAME || start > 0xffff) return false;
  target.writeUInt16LE(start, record + CSUM_START);
  return true;
}

function readLittle16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}
