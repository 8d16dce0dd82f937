/**
 * What happens to a frame between coming in and being forwarded: it must be one, the port's rules and the protocols must
 * let it pass, and its source is learned [802.1D-2004, 7.7, 7.8].
 */
import type { DropReason } from "../frame/drop-reason.js";
import { forwardedMask, isReserved, type ReservedName } from "../frame/ethernet.js";
import { FrameClass } from "../frame/frame-class.js";
import type { FrameCursor } from "../frame/frame-cursor.js";
import { isLoopProbe } from "../frame/loop-probe.js";
import { GROUP_BIT, type Mac } from "../frame/mac.js";
import { RecordKind } from "../frame/record.js";
import type { Forwarder } from "./forwarder.js";
import type { MacTable } from "./mac-table.js";
import type { Port } from "./port.js";
import { CONTROL_CLASSES, type Verdict } from "./protocol.js";
import type { Protocols } from "./protocols.js";
import type { StormMeter } from "./storm/storm-meter.js";
import type { SwitchEvents } from "./switch-events.js";

export class Ingress {
  /** Null while there is none. */
  protocols: Protocols | null = null;
  readonly #table: MacTable<Port>;
  readonly #forwarder: Forwarder;
  readonly #events: SwitchEvents;
  #forwarded = forwardedMask([]);

  constructor(table: MacTable<Port>, forwarder: Forwarder, events: SwitchEvents) {
    this.#table = table;
    this.#forwarder = forwarder;
    this.#events = events;
  }

  /** Reserved addresses to flood besides BPDUs; PAUSE never is. */
  set forwardReserved(names: readonly ReservedName[]) {
    this.#forwarded = forwardedMask(names);
  }

  /** Whether more than being a frame is asked of what comes in through the port. */
  isRestricted(port: Port): boolean {
    return (
      port.policy !== null ||
      port.storm !== null ||
      this.protocols !== null ||
      this.#forwarder.vlans !== null ||
      port.state !== "forwarding"
    );
  }

  /** What is asked of every frame. */
  admit(port: Port, frame: FrameCursor, now: number): Verdict {
    // As Linux bridges do: nobody can answer such a source.
    if ((frame.sourceHigh & GROUP_BIT) !== 0 || (frame.sourceHigh | frame.sourceLow) === 0)
      return "malformed";
    if (frame.kind === RecordKind.offload && !this.#forwarder.open(frame)) return "malformed";
    if (!isReserved(frame.destinationHigh, frame.destinationLow)) return null;
    const isForwarded = ((this.#forwarded >>> (frame.destinationLow & 0x0f)) & 1) === 1;
    return this.#ask(port, frame, CONTROL_CLASSES, now) ?? (isForwarded ? null : "blocked");
  }

  /** What the port's rules and the protocols say. */
  enforce(port: Port, frame: FrameCursor, now: number): Verdict {
    const isGroup = (frame.destinationHigh & GROUP_BIT) !== 0;
    const control = isGroup ? this.#askControl(port, frame, now) : null;
    if (control !== null) return control;
    if (port.state === "discarding") return "blocked";
    if (isGroup && port.storm !== null && this.#isStorm(port.storm, frame, now)) return "storm";
    const verdict =
      this.#forwarder.vlans?.enter(frame, port.vlans) ??
      port.policy?.admit(port, frame, now) ??
      this.#ask(port, frame, ~CONTROL_CLASSES, now);
    if (verdict !== null && verdict !== "consumed") this.#tellRefusal(port, verdict, frame, now);
    if (verdict !== null || port.state === "forwarding") return verdict;
    this.learn(port, frame, now);
    return "blocked";
  }

  /** Notes where the frame's source lives. */
  learn(port: Port, frame: FrameCursor, now: number): void {
    // Bridges speak from such addresses on each of their ports, which are no places where a host has moved to.
    if (isReserved(frame.destinationHigh, frame.destinationLow)) return;
    const learned = this.#table.learn(frame.vlan, frame.sourceHigh, frame.sourceLow, port.place, now);
    if (learned === "known") return;
    if (learned === "new") this.#events.learned?.(source(frame), frame.vlan, port);
    else if (learned === "moved")
      this.#events.moved?.(source(frame), frame.vlan, this.#table.previous!, port);
    else if (learned === "flapping")
      this.#events.flapping?.(source(frame), frame.vlan, this.#table.previous!, port);
  }

  /** All control frames are to groups. Those to reserved addresses have been asked about. */
  #askControl(port: Port, frame: FrameCursor, now: number): Verdict {
    if (isReserved(frame.destinationHigh, frame.destinationLow)) return null;
    return this.#ask(port, frame, CONTROL_CLASSES, now);
  }

  /** Loop probes must get through a storm; the protocol that takes them has a bound for them. */
  #isStorm(storm: StormMeter, frame: FrameCursor, now: number): boolean {
    if (isLoopProbe(frame.destinationHigh, frame.destinationLow)) {
      const spared = ((this.protocols?.classes ?? 0) & frame.classes & FrameClass.loopProbe) !== 0;
      if (spared) return false;
    }
    return !storm.admits(frame, now);
  }

  /** What the protocols say that want the frame as one of these classes. */
  #ask(port: Port, frame: FrameCursor, classes: number, now: number): Verdict {
    if (this.protocols === null || (this.protocols.classes & classes) === 0) return null;
    const wanted = frame.classes & this.protocols.classes & classes;
    return wanted === 0 ? null : this.protocols.take(port, frame, wanted, now);
  }

  #tellRefusal(port: Port, reason: DropReason, frame: FrameCursor, now: number): void {
    const refusal = port.refusals.note(reason, frame, now);
    if (refusal !== null) this.#events.refused?.(port, reason, refusal);
  }
}

function source(frame: FrameCursor): Mac {
  return { high: frame.sourceHigh, low: frame.sourceLow };
}
