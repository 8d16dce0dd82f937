/**
 * Makes large segments out of the small frames of a plain port (a VM, an older peer) on their way to a port whose
 * far end takes segments: there one write into the kernel costs as much as forty [the rules of Linux GRO].
 */
import { Coalescer } from "../frame/coalesce.js";
import { Offload } from "../frame/offload.js";

/** What a receiver must take so that merging needs no second look at each frame. */
const NEEDED = Offload.csum | Offload.tso4 | Offload.tso6;

export class Merger {
  readonly #coalescer = new Coalescer();
  #scratch = Buffer.alloc(0);
  /** Frames of the batch at hand come from a port that cannot segment; others were whole segments already. */
  active = false;

  /** True where a port that lists `offload` may get merged frames. */
  static suits(offload: number): boolean {
    return (offload & NEEDED) === NEEDED;
  }

  /** The merged records, in scratch[0, end) of the length answered; 0 where there is nothing to merge. */
  merge(bytes: Buffer, start: number, end: number): number {
    if (!this.#coalescer.worthwhile(bytes, start, end)) return 0;
    if (this.#scratch.length < end - start) this.#scratch = Buffer.allocUnsafeSlow(bytes.length);
    return this.#coalescer.coalesce(bytes, start, end, this.#scratch, 0);
  }

  /** Where `merge` wrote; good until the next call. */
  get scratch(): Buffer {
    return this.#scratch;
  }
}
