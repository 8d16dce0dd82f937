/**
 * How many addresses may be behind a port, beyond the MAC table's own limit, which lets the oldest one go: here a new one
 * too many is refused, or the port is shut for a while. Sticky, the addresses that came first are the port's for as long
 * as it lives, and do not age.
 */
import type { DropReason } from "../../frame/drop-reason.js";
import type { FrameCursor } from "../../frame/frame-cursor.js";
import { formatMac } from "../../frame/mac.js";
import { MacIndex } from "../mac-index.js";
import type { Policy } from "../policy.js";
import type { Port } from "../port.js";
import type { Protocol, ProtocolHost, Verdict } from "../protocol.js";

/** A port that was shut goes on after this long; if the cause is still there, it is shut again. */
export const SHUT_MS = 300_000;
const SMALLEST_INDEX = 16;

export interface SecureMacs {
  /** Most addresses at once; sticky: ever. */
  readonly limit: number;
  readonly sticky: boolean;
  readonly action: "drop" | "shut";
}

/** Shuts ports and opens them again. One for each switch. */
export class PortSecurity implements Protocol {
  readonly name = "port-security";
  readonly classes = 0;
  #host: ProtocolHost | null = null;
  readonly #shutAt = new Map<Port, number>();
  #refused = 0;
  #shut = 0;

  /** The rule for one port. */
  policyFor(rule: SecureMacs): Policy {
    return new MacSecurity(rule, this);
  }

  start(host: ProtocolHost): void {
    this.#host = host;
  }

  take(): Verdict {
    return null;
  }

  tick(now: number): void {
    for (const [port, shutAt] of this.#shutAt) {
      if (now - shutAt < SHUT_MS) continue;
      this.#shutAt.delete(port);
      this.#host?.setState(port, "forwarding", "shut for its time");
    }
  }

  detached(port: Port): void {
    this.#shutAt.delete(port);
  }

  figures(): Readonly<Record<string, number>> {
    return { refused: this.#refused, shutPorts: this.#shutAt.size, timesShut: this.#shut };
  }

  /** True if the frame's source lives at the port already. */
  knows(port: Port, { vlan, sourceHigh, sourceLow }: FrameCursor): boolean {
    return this.#host?.table.lookup(vlan, sourceHigh, sourceLow) === port;
  }

  /** There is an address too many behind the port. */
  violated(port: Port, { action, limit }: SecureMacs, frame: FrameCursor, now: number): DropReason {
    this.#refused++;
    if (action === "shut" && !this.#shutAt.has(port)) {
      this.#shutAt.set(port, now);
      this.#shut++;
      const mac = formatMac({ high: frame.sourceHigh, low: frame.sourceLow });
      this.#host?.setState(port, "discarding", `${mac} is more than the ${limit} addresses that it may have`);
    }
    return "security";
  }
}

class MacSecurity implements Policy {
  readonly #rule: SecureMacs;
  readonly #security: PortSecurity;
  readonly #own: MacIndex | null;
  #count = 0;

  constructor(rule: SecureMacs, security: PortSecurity) {
    this.#rule = rule;
    this.#security = security;
    const capacity = Math.max(SMALLEST_INDEX, 2 ** Math.ceil(Math.log2(rule.limit)));
    this.#own = rule.sticky ? new MacIndex(capacity) : null;
  }

  admit(port: Port, frame: FrameCursor, now: number): DropReason | null {
    const isOwn = this.#own === null ? this.#hasRoom(port, frame) : this.#isSticky(this.#own, frame);
    return isOwn ? null : this.#security.violated(port, this.#rule, frame, now);
  }

  #hasRoom(port: Port, frame: FrameCursor): boolean {
    return this.#security.knows(port, frame) || port.place.order.size < this.#rule.limit;
  }

  #isSticky(own: MacIndex, { sourceHigh, sourceLow }: FrameCursor): boolean {
    if (own.find(sourceHigh, sourceLow) >= 0) return true;
    if (this.#count >= this.#rule.limit) return false;
    own.insert(sourceHigh, sourceLow, 0, 0);
    this.#count++;
    return true;
  }
}
