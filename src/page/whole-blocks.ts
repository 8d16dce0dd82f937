/** A capture as it arrives: pcapng blocks, of which the last one is cut wherever the reader stops. */

/** Block type and total length stand first, in the byte order of the machine that wrote them: ours is little-endian. */
const HEADER = 8;
const ENHANCED_PACKET = 6;

export class WholeBlocks {
  /** Captured frames, and bytes of all whole blocks. */
  frames = 0;
  bytes = 0;
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [];
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();

  /** Takes what has come. */
  add(chunk: Uint8Array<ArrayBuffer>): void {
    const all = joined(this.#rest, chunk);
    const view = new DataView(all.buffer, all.byteOffset, all.length);
    let at = 0;
    while (at + HEADER <= all.length) {
      const length = Math.max(HEADER, view.getUint32(at + 4, true));
      if (at + length > all.length) break;
      if (view.getUint32(at, true) === ENHANCED_PACKET) this.frames++;
      at += length;
    }
    this.bytes += at;
    if (at > 0) this.#chunks.push(all.subarray(0, at));
    this.#rest = all.subarray(at);
  }

  /** All whole blocks. */
  file(): Blob {
    return new Blob(this.#chunks, { type: "application/x-pcapng" });
  }
}

function joined(rest: Uint8Array<ArrayBuffer>, chunk: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (rest.length === 0) return chunk;
  const all = new Uint8Array(rest.length + chunk.length);
  all.set(rest);
  all.set(chunk, rest.length);
  return all;
}
