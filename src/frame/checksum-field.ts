/** Where a record of kind 1 has its checksum still to be written: at a place that its sender chose. */
import { RECORD_HEADER, RecordKind } from "./record.js";

/** In the virtio-net header, little-endian; counted from the start of the record. */
const FLAGS = RECORD_HEADER;
const NEEDS_CSUM = 1;
const CSUM_START = RECORD_HEADER + 6;
const CSUM_OFFSET = RECORD_HEADER + 8;

interface Place {
  readonly bytes: Uint8Array;
  readonly kind: number;
  readonly recordStart: number;
  readonly frameStart: number;
}

/**
 * Where in `bytes` whoever finishes the frame will write its checksum; infinity where nobody will. What stands there now
 * is not what will be received, so no header in front of it may be trusted that reaches up to it.
 */
export function checksumField({ bytes, kind, recordStart: at, frameStart }: Place): number {
  if (kind !== RecordKind.offload || (bytes[at + FLAGS]! & NEEDS_CSUM) === 0) return Number.POSITIVE_INFINITY;
  return frameStart + readLittle16(bytes, at + CSUM_START) + readLittle16(bytes, at + CSUM_OFFSET);
}

function readLittle16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}
