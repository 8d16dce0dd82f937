/**
 * All that takes part in a network besides its hosts. A further protection is a setting in `config/network-options.ts`
 * (of a port: `config/port-options.ts`, with its meaning in `port-rules.ts`) and its place in one of these parts.
 */
import type { NetworkSettings } from "../../config/serve-config.js";
import type { Switch } from "../../switch/switch.js";
import type { Log } from "../log.js";
import { GuardParts } from "./guard-parts.js";
import { LoopParts } from "./loop-parts.js";
import { MulticastPart } from "./multicast-part.js";

export class Protections {
  /** First, so that the others see only what they let pass. */
  readonly guards: GuardParts;
  readonly loops: LoopParts;
  readonly multicast: MulticastPart;

  constructor(lan: Switch, log: Log) {
    this.guards = new GuardParts(lan, log);
    this.loops = new LoopParts(lan);
    this.multicast = new MulticastPart(lan);
  }

  /** Goes on by these settings; what they do not change knows what it knew. */
  configure(settings: NetworkSettings): void {
    this.guards.configure(settings);
    this.loops.configure(settings);
    this.multicast.configure(settings.multicast);
  }

  /** About once a second. */
  tick(): void {
    this.guards.tick();
  }
}
