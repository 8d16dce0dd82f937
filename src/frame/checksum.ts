/**
 * The Internet checksum [RFC 1071]: the ones' complement of the ones' complement sum of 16-bit words.
 *
 * The sum does not depend on the byte order of its words but for one swap at the end [RFC 1071 section 2 (B)], and
 * words may be added wider than 16 bits and folded later [2 (C)]. So this adds little-endian 32-bit words in two
 * doubles, which stay exact far beyond any frame: 8 to 11 us for 64 KiB, against 30 us for a loop over bytes,
 * 16 us over an Int32Array and 160 us over `readUInt32BE`.
 */

/**
 * A DataView is what reads an unaligned word fast, and it costs an allocation. Batches come buffer by buffer, so the
 * view of the latest one is kept, and with it at most one buffer past its use.
 */
let latest: Uint8Array = new Uint8Array(0);
let view = new DataView(latest.buffer);

/** The view that reads words of `bytes`, at the same offsets. Not to be kept past the call. */
export function wordsOf(bytes: Uint8Array): DataView {
  if (bytes === latest) return view;
  latest = bytes;
  view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view;
}

/** `sum` (below 2^32) folded into 16 bits with end-around carry. */
export function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/**
 * The folded ones' complement sum of bytes[start, end), not complemented, upon `initial` (a sum of big-endian words
 * below 2^31). A range of odd length counts as if a zero followed.
 */
export function internetSum(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  const words = wordsOf(bytes);
  let at = start;
  let even = 0;
  let odd = 0;
  for (; at + 32 <= end; at += 32) {
    even += words.getUint32(at, true) + words.getUint32(at + 4, true);
    odd += words.getUint32(at + 8, true) + words.getUint32(at + 12, true);
    even += words.getUint32(at + 16, true) + words.getUint32(at + 20, true);
    odd += words.getUint32(at + 24, true) + words.getUint32(at + 28, true);
  }
  for (; at + 4 <= end; at += 4) even += words.getUint32(at, true);
  if (at + 2 <= end) {
    odd += words.getUint16(at, true);
    at += 2;
  }
  if (at < end) odd += words.getUint8(at);
  const sum = foldDouble(even + odd);
  return fold((((sum & 0xff) << 8) | (sum >>> 8)) + initial);
}

/** The Internet checksum of bytes[start, end) upon `initial`: what the checksum field is to hold. */
export function internetChecksum(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  return ~internetSum(bytes, start, end, initial) & 0xffff;
}

/** The folded sum of the pseudo-header of IPv4 [RFC 9293 3.1]: addresses, protocol, and `length` bytes of it. */
export function pseudoHeaderSum4(bytes: Uint8Array, ip: number, protocol: number, length: number): number {
  return internetSum(bytes, ip + 12, ip + 20, protocol + length);
}

/** As `pseudoHeaderSum4`, for IPv6 [RFC 8200 8.1]; the final destination must be the one in the fixed header. */
export function pseudoHeaderSum6(bytes: Uint8Array, ip: number, protocol: number, length: number): number {
  return internetSum(bytes, ip + 8, ip + 40, protocol + length);
}

/** `sum` below 2^48, an integer, folded into 16 bits. `>>> 0` takes it modulo 2^32, exactly. */
function foldDouble(sum: number): number {
  const low = sum >>> 0;
  const high = (sum - low) / 0x1_0000_0000;
  return fold((low & 0xffff) + (low >>> 16) + high);
}
