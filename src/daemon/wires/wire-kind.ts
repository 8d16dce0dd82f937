/**
 * What opens a kind of wire. Two shapes: an attached wire is one link that this process makes, again whenever it is
 * lost; a listening one takes links as they come, each with a port of its own.
 */
import type { Clock } from "../../clock.js";
import type { PortOptions } from "../../config/port-options.js";
import type { Link } from "../../link/link.js";
import type { Port } from "../../switch/port.js";
import type { Log } from "../log.js";

/** Where an attached wire goes. */
export interface WirePlace {
  readonly clock: Clock;
  readonly log: Log;
  readonly network: string;
  /** Of the network now, bytes. */
  readonly mtu: number;
  /** IP addresses of the servers that this process joins. */
  servers(): Promise<readonly string[]>;
  /** Aborts when nobody wants the wire any more. */
  readonly signal: AbortSignal;
}

export interface OpenedWire {
  /** Not started. Its `close` ends all that was opened with it. */
  readonly link: Link;
  /** The network has another MTU. */
  followMtu?(mtu: number, port: Port): void;
  /** Throws where sessions with a server at this IP address would run through it. */
  refuseLoop?(address: string): void;
  /** Called once a second while it is up, as for counters that are read rather than told. */
  tick?(port: Port): void;
}

/** Opens an attached wire, once. Rejects with why it cannot be, after which it is tried again. */
export type OpenWire<Endpoint> = (endpoint: Endpoint, place: WirePlace) => Promise<OpenedWire>;

/** Who takes the links of a listening wire. */
export interface WireHall {
  readonly clock: Clock;
  readonly log: Log;
  /** The network, where no option of the endpoint names one, and its MTU in bytes. */
  readonly network: string;
  readonly mtu: number;
  /** Whether one more may come; to be asked before each, who is closed otherwise. Counts those who may not. */
  hasRoom(): boolean;
  /** Gives a link a port and starts it; the port goes with the link. `own` are settings beyond those of the endpoint. */
  take(link: Link, own?: PortOptions): Port;
  /** Somebody was turned away, or could not be taken: for log and events. */
  refused(peer: string, error: Error): void;
}

export interface OpenedListener {
  /** Its URL, with what the kernel chose. */
  readonly bound: string;
  /**
   * Reads the files that its URL names again. Null where they are as before; else they hold, for those who come, once
   * the answer is called. Throws `usage`. Absent where it names none.
   */
  reread?(): (() => void) | null;
  /** Takes nobody any more. The links that it made are closed by whoever took them. */
  close(): void;
}

/** Listens. Rejects with `in-use`, `no-permission`, `usage`, which end the start. */
export type OpenListener<Endpoint> = (endpoint: Endpoint, hall: WireHall) => Promise<OpenedListener>;
