/** A switch with what people want to see of it and to set in it. `serve` has one for each network, `join` has one. */
import type { EventHub } from "../../control/event-hub.js";
import { Switch, type SwitchOptions } from "../../switch/switch.js";
import type { Log } from "../log.js";
import { NetworkEvents } from "./network-events.js";
import { PortWatch } from "./port-watch.js";
import { Protections } from "./protections.js";
import { StaticAddresses } from "./static-addresses.js";

export interface WatchedSwitchOptions extends Omit<SwitchOptions, "events"> {
  readonly log: Log;
  readonly hub: EventHub;
}

export class WatchedSwitch {
  readonly switch: Switch;
  readonly events: NetworkEvents;
  readonly statics: StaticAddresses;
  readonly protections: Protections;
  readonly #watch: PortWatch;

  constructor({ log, hub, ...options }: WatchedSwitchOptions) {
    const attached: NetworkEvents["attached"] = (port) => this.statics.attached(port);
    this.events = new NetworkEvents({ network: options.name, clock: options.clock, log, hub, attached });
    this.switch = new Switch({ ...options, events: this.events });
    this.protections = new Protections(this.switch, log);
    this.statics = new StaticAddresses(this.switch.table);
    this.#watch = new PortWatch(this.events);
  }

  /** Housekeeping, once a second. */
  tick(now: number): void {
    this.switch.tick(now);
    this.protections.tick();
    this.#watch.tick(this.switch.ports, now);
  }
}
