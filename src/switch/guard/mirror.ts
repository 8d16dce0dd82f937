/**
 * Copies what goes through some ports to another one, for an analyser there [SPAN]. A copy is an ordinary frame towards
 * that port only: it is neither learned nor forwarded, and what comes in or goes out of the mirror's own port is never
 * copied, so that nothing goes round. Where the copies are more than the port takes, copies are lost and nothing else.
 */
import type { DropReason } from "../../frame/drop-reason.js";
import type { Filter } from "../../frame/filter.js";
import type { FrameCursor } from "../../frame/frame-cursor.js";
import { RECORD_HEADER, RecordKind, writeHeader } from "../../frame/record.js";
import type { Direction, ObservedPort, Observer } from "../observer.js";
import type { Port } from "../port.js";
import type { Switch } from "../switch.js";

/** Copies that wait for the end of a batch, bytes. */
export const MIRROR_BYTES = 1_048_576;

export interface MirrorOptions {
  /** Name of the port that gets the copies. */
  readonly to: string;
  /** True for ports whose frames are copied. */
  readonly from: (portName: string) => boolean;
  /** Null: all frames. */
  readonly filter: Filter | null;
}

export class Mirror implements Observer {
  readonly #lan: Switch;
  readonly #options: MirrorOptions;
  #buffer: Buffer | null = null;
  #end = 0;
  #isDue = false;
  #copied = 0;
  #lost = 0;

  constructor(lan: Switch, options: MirrorOptions) {
    this.#lan = lan;
    this.#options = options;
  }

  get figures(): { readonly copied: number; readonly lost: number } {
    return { copied: this.#copied, lost: this.#lost };
  }

  saw(
    _direction: Direction,
    port: ObservedPort,
    frame: FrameCursor,
    _now: number,
    _dropped: DropReason | null,
  ): void {
    const { to, from, filter } = this.#options;
    if (port.name === to || !from(port.name)) return;
    if (filter === null || filter.matchesFrame(frame)) this.#copy(frame);
  }

  #copy({ bytes, recordStart, recordEnd, kind, frameStart, frameLength }: FrameCursor): void {
    // A segment still to be divided goes as it is only where the analyser takes it; it sees it as one long frame.
    const length = RECORD_HEADER + frameLength;
    if (this.#end + length > MIRROR_BYTES) {
      this.#lost++;
      return;
    }
    this.#buffer ??= Buffer.allocUnsafeSlow(MIRROR_BYTES);
    if (kind === RecordKind.frame) bytes.copy(this.#buffer, this.#end, recordStart, recordEnd);
    else {
      writeHeader(this.#buffer, this.#end, RecordKind.frame, frameLength);
      bytes.copy(this.#buffer, this.#end + RECORD_HEADER, frameStart, recordEnd);
    }
    this.#end += length;
    this.#copied++;
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(this.#flush);
  }

  /** Behind the batch at hand, when no link is in the middle of something. */
  readonly #flush = (): void => {
    this.#isDue = false;
    const target: Port | undefined = this.#lan.ports.find(({ name }) => name === this.#options.to);
    if (target?.link && this.#buffer !== null)
      this.#lan.emit(target, { bytes: this.#buffer, start: 0, end: this.#end });
    else this.#lost++;
    this.#end = 0;
  };
}
