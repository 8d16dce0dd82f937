/** What is known of one VLAN and IP version: who asks there, and which ports get everything. */
import type { Port } from "../port.js";
import { OpenPorts } from "./open-ports.js";
import { Querier, type QuerierOptions } from "./querier.js";
import { answeredMs } from "./timing.js";

export class Listening {
  readonly vlan: number;
  readonly isIpv6: boolean;
  readonly querier: Querier;
  readonly open = new OpenPorts<Port>();
  /** Frames go only where somebody has asked for them: somebody was asked, and has had the time to answer. */
  restricts = false;
  readonly #answeredMs: number;
  /** Since when somebody asks; null while nobody does. */
  #askedAt: number | null = null;

  constructor(vlan: number, options: QuerierOptions, now: number) {
    this.vlan = vlan;
    this.isIpv6 = options.address.isIpv6;
    this.querier = new Querier(options, now);
    this.#answeredMs = answeredMs(options.timing);
    this.update(now);
  }

  /** Sees whether frames are to be restricted from `now` (ms) on. */
  update(now: number): void {
    if (!this.querier.isAsked) this.#askedAt = null;
    else this.#askedAt ??= now;
    this.restricts = this.#askedAt !== null && now - this.#askedAt >= this.#answeredMs;
  }
}
