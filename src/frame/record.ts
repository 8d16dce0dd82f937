/**
 * A record is one Ethernet frame, or one session message, as it travels on a stream:
 *
 *     0        1                    4
 *     +--------+--------------------+----------------
 *     |  kind  |  length (24 bit)   |  payload ...
 *     +--------+--------------------+----------------
 *
 * Kind 0 is byte for byte the format of QEMU's `-netdev stream` and of passt, whose length is 32 bits wide:
 * no frame is long enough to reach the top byte. A record of length 0 is never sent, since QEMU stops reading
 * its socket for ever when it meets one.
 */

/** Bytes of the big-endian header before each payload. */
export const RECORD_HEADER = 4;

export const RecordKind = {
  /** One complete Ethernet frame. */
  frame: 0,
  /** A 10-byte virtio-net header and a frame whose checksum or segmentation is still to be done. */
  offload: 1,
  /** One session message, UTF-8 JSON. */
  message: 2,
} as const;

/** Shortest frame: an Ethernet header [IEEE 802.3]. QEMU sends frames below the 60 bytes of a real wire. */
export const MIN_FRAME = 14;
/** Longest frame, bytes: the receive buffer of QEMU's stream back end (4,096 + 65,536). */
export const MAX_FRAME = 69_632;
/** Bytes of `struct virtio_net_hdr`, little-endian here [virtio 1.2, 5.1.6]. */
export const VNET_HEADER = 10;
/** Longest session message, bytes. */
export const MAX_MESSAGE = 16_384;
/** Longest record of any kind with its header, bytes. */
export const MAX_RECORD = RECORD_HEADER + VNET_HEADER + MAX_FRAME;

/** Why a record header cannot be accepted. */
export type RecordFault = "bad-kind" | "zero-length" | "too-short" | "too-long";

/** What is wrong with a record header, or null. `header` is its four bytes as an unsigned 32-bit number. */
export function recordFault(header: number): RecordFault | null {
  const kind = header >>> 24;
  const length = header & 0xff_ffff;
  if (kind > RecordKind.message) return "bad-kind";
  if (length === 0) return "zero-length";
  if (kind === RecordKind.message) return length > MAX_MESSAGE ? "too-long" : null;
  const prefix = kind === RecordKind.offload ? VNET_HEADER : 0;
  if (length < MIN_FRAME + prefix) return "too-short";
  return length > MAX_FRAME + prefix ? "too-long" : null;
}

/** Reads the four header bytes at `offset` as an unsigned 32-bit number. */
export function readHeader(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>>
    0
  );
}

/** Writes a record header of `kind` for `length` payload bytes at `offset`. */
export function writeHeader(bytes: Uint8Array, offset: number, kind: number, length: number): void {
  bytes[offset] = kind;
  bytes[offset + 1] = length >>> 16;
  bytes[offset + 2] = length >>> 8;
  bytes[offset + 3] = length;
}
