/**
 * What a protection is made of that does more than refuse frames (that is a `Policy`) or look on (an `Observer`):
 * spanning tree, a loop probe, snooping. It names the classes of frames that it wants to see, and acts through its host.
 */
import type { DropReason } from "../frame/drop-reason.js";
import { FrameClass } from "../frame/frame-class.js";
import type { FrameCursor } from "../frame/frame-cursor.js";
import type { MacTable } from "./mac-table.js";
import type { Port } from "./port.js";
import type { PortState } from "./port-state.js";
import type { ProtocolEventType } from "./protocol-events.js";

/** What becomes of a frame: it passes on (null), it was for the protocol alone, or it is dropped. */
export type Verdict = DropReason | "consumed" | null;

/**
 * Classes that a protocol sees as soon as they come in, before VLANs and policies, and on ports that are held back too:
 * what decides whether a port is held back must get through one that is.
 */
export const CONTROL_CLASSES = FrameClass.reserved | FrameClass.loopProbe;

export interface Protocol {
  /** "loop-probe": names its figures and what it holds back. */
  readonly name: string;
  /** Classes that it wants to see: a set of `FrameClass` bits. */
  readonly classes: number;
  /** Before anything else. Ports that are there already are told of by `attached` afterwards. */
  start?(host: ProtocolHost): void;
  /**
   * Takes a frame of its classes that came in, after VLANs and policies unless it is one of `CONTROL_CLASSES`, and
   * before its source is learned. It may be neither changed nor kept; `now` in ms.
   */
  take(port: Port, frame: FrameCursor, now: number): Verdict;
  /** About once a second. */
  tick?(now: number): void;
  /** A port is new, and has no link yet. */
  attached?(port: Port): void;
  /** The port's link has come, gone or been replaced. */
  linked?(port: Port, now: number): void;
  detached?(port: Port): void;
  /** What it has done so far: counters for people, by name as `repliesSent`. */
  figures?(): Readonly<Record<string, number>>;
}

export interface ProtocolEvent {
  readonly type: ProtocolEventType;
  readonly port?: Port;
  /** One sentence for people. */
  readonly message: string;
  readonly mac?: string;
  readonly vlan?: number;
}

/** What a protocol may do to its switch. */
export interface ProtocolHost {
  /** By number. */
  readonly ports: readonly Port[];
  readonly table: MacTable<Port>;
  /**
   * Sends an Ethernet frame out of the port, also one that is held back, once the batch or tick at hand is over. The
   * frame is untagged: with `vlan` it leaves in the form that the port has for this VLAN, if it is a member; without,
   * as it is. The bytes are copied at once.
   */
  send(port: Port, frame: Uint8Array, vlan?: number): void;
  /** Holds the port back, or lets it go; with an event if its state changes. What others say of it stays. */
  setState(port: Port, state: PortState, why: string): void;
  /** Forgets what was learned at the port (in one VLAN, or all). Answers how many addresses. */
  forget(port: Port, vlan?: number): number;
  tell(event: ProtocolEvent): void;
}
