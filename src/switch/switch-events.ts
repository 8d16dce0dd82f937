import type { DropReason } from "../frame/drop-reason.js";
import type { Mac } from "../frame/mac.js";
import type { Refusal } from "./policy-refusals.js";
import type { Port } from "./port.js";
import type { ProtocolEvent } from "./protocol.js";

/** Told once per thing that happens, never per frame. */
export interface SwitchEvents {
  /** A port is new, and has had no frame yet. */
  attached?(port: Port): void;
  /** An address was seen that was not known; or not for so long that it is forgotten. */
  readonly learned?: ((mac: Mac, vlan: number, port: Port) => void) | undefined;
  readonly aged?: ((mac: Mac, vlan: number, port: Port) => void) | undefined;
  moved?(mac: Mac, vlan: number, from: Port, to: Port): void;
  /** The address moves so often that it is held at `held` for a while. */
  flapping?(mac: Mac, vlan: number, held: Port, other: Port): void;
  /** A policy or the access VLAN refused frames; once per port and reason in `REFUSED_EVENT_MS`. */
  refused?(port: Port, reason: DropReason, refusal: Refusal): void;
  /** A protocol has something to tell. */
  told?(event: ProtocolEvent): void;
}
