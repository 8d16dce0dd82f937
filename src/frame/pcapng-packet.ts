/** The block of one packet, written straight into memory: there is one for every frame, so nothing is allocated. */
import type { CopyTarget } from "./copy.js";
import { DROP_REASONS, type DropReason } from "./drop-reason.js";
import { dropComment, PcapngOption, WallTime } from "./pcapng.js";

const ENHANCED_PACKET = 6;
/** Type, length, interface, time, captured length, original length. */
const HEAD = 28;
/** Behind the data: flags, perhaps a comment, the end of options, the length again. */
const FLAGS_OPTION = 8;
const TAIL = FLAGS_OPTION + 8;
/** What the flags say of the direction. */
const INBOUND = 1;
const OUTBOUND = 2;

const COMMENTS = Object.fromEntries(DROP_REASONS.map((reason) => [reason, dropComment(reason)])) as Record<
  DropReason,
  Buffer
>;

/** Set what it says, `take` the packet, then `write` its `length` bytes. */
export class PacketBlock {
  readonly time = new WallTime();
  /** Number of the packet's interface. */
  interfaceId = 0;
  outbound = false;
  dropped: DropReason | null = null;
  /** Bytes of the block. */
  length = 0;
  readonly #snaplen: number;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  /** At most `snaplen` bytes of a packet are kept, which must be one at least. */
  constructor(snaplen: number) {
    this.#snaplen = snaplen;
  }

  /** The packet is bytes[start, end), for as long as it takes to write it. */
  take(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    const comment = this.dropped === null ? 0 : COMMENTS[this.dropped].length;
    this.length = HEAD + padded(this.#kept()) + comment + TAIL;
  }

  /** Writes the block to `target` at `offset`. */
  write(target: CopyTarget, offset: number): void {
    const kept = this.#kept();
    target.setWord(offset, ENHANCED_PACKET);
    target.setWord(offset + 4, this.length);
    target.setWord(offset + 8, this.interfaceId);
    target.setWord(offset + 12, this.time.high);
    target.setWord(offset + 16, this.time.low);
    target.setWord(offset + 20, kept);
    target.setWord(offset + 24, this.#end - this.#start);
    const options = offset + HEAD + padded(kept);
    // Clears what fills the last word up, before the data goes there.
    target.setWord(options - 4, 0);
    target.copy(this.#bytes, this.#start, this.#start + kept, offset + HEAD);
    this.#writeOptions(target, options);
    target.setWord(offset + this.length - 4, this.length);
  }

  #writeOptions(target: CopyTarget, at: number): void {
    target.setWord(at, PcapngOption.packetFlags | (4 << 16));
    target.setWord(at + 4, this.outbound ? OUTBOUND : INBOUND);
    const comment = this.dropped === null ? null : COMMENTS[this.dropped];
    if (comment !== null) target.copy(comment, 0, comment.length, at + FLAGS_OPTION);
    target.setWord(at + FLAGS_OPTION + (comment?.length ?? 0), PcapngOption.end);
  }

  #kept(): number {
    return Math.min(this.#end - this.#start, this.#snaplen);
  }
}

function padded(bytes: number): number {
  return (bytes + 3) & ~3;
}
