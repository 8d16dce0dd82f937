/**
 * Whoever looks on: a capture, a mirror. An observer is put on a switch while it runs and sees every frame, changing
 * nothing; while there is none, all that is left of this is a comparison with null for each batch and run.
 *
 * "in" is a frame as it came, before anything was done to it, together with what the policies said of it. "out" is a
 * record as it leaves by a port: in the form of its VLAN, divided where the far end takes no segments, merged where
 * that pays. What waits in a port's queue counts as gone out.
 */
import type { DropReason } from "../frame/drop-reason.js";
import { FrameCursor } from "../frame/frame-cursor.js";

export type Direction = "in" | "out";

/** What an observer sees of a port. */
export interface ObservedPort {
  readonly id: number;
  readonly name: string;
  readonly link: { readonly kind: string; readonly peer: string } | null;
}

export interface Observer {
  /** It looks at what comes in only, so that what goes out costs nothing. */
  readonly inOnly?: true;
  /** `dropped` says why the frame goes no further, or is null. The frame may be neither changed nor kept; `now` in ms. */
  saw(
    direction: Direction,
    port: ObservedPort,
    frame: FrameCursor,
    now: number,
    dropped: DropReason | null,
  ): void;
}

/** Told of the records in bytes[start, end) that leave by a port, or why they do not. */
export type SentWatch = (bytes: Buffer, start: number, end: number, dropped: DropReason | null) => void;

/** All observers of a switch. */
export class Watch {
  readonly observers: readonly Observer[];
  /** The time of the batch at hand, ms. */
  now = 0;
  readonly #frame = new FrameCursor();

  constructor(observers: readonly Observer[]) {
    this.observers = observers;
  }

  /** Whether anyone looks at what goes out. */
  get seesOut(): boolean {
    return this.observers.some(({ inOnly }) => inOnly !== true);
  }

  saw(direction: Direction, port: ObservedPort, frame: FrameCursor, dropped: DropReason | null): void {
    for (const observer of this.observers) observer.saw(direction, port, frame, this.now, dropped);
  }

  /** What tells the observers about one port. */
  sentBy(port: ObservedPort): SentWatch {
    const frame = this.#frame;
    return (bytes, start, end, dropped) => {
      for (frame.open(bytes, start, end); frame.next(); ) this.saw("out", port, frame, dropped);
    };
  }
}
