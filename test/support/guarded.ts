/** A network with guards: `router` and `server` are behind trusted ports, the others are not. */
import { type GuardSettings, NetworkGuard } from "../../src/switch/guard/network-guard.js";
import { Suppressor } from "../../src/switch/guard/suppressor.js";
import type { SwitchEvents } from "../../src/switch/switch-events.js";
import { Lab } from "./topology.js";

const ALL: GuardSettings = { dhcp: true, ra: true, addresses: "off" };

export interface GuardedOptions extends Partial<GuardSettings> {
  readonly events?: SwitchEvents;
  readonly suppress?: boolean;
  /** Name of the host whose grant names its addresses. */
  readonly bound?: string;
}

export function guarded({ events = {}, suppress = false, bound, ...settings }: GuardedOptions = {}) {
  const lab = new Lab();
  const lan = lab.switch({ events });
  const guard = new NetworkGuard({
    ...ALL,
    ...settings,
    standing: ({ name }) => {
      const trusted = name === "router" || name === "server";
      return { trusted, bound: trusted || name === bound };
    },
  });
  lan.use(guard);
  const suppressor = new Suppressor(guard.bindings);
  if (suppress) lan.use(suppressor);
  return { lab, lan, guard, suppressor, ...lab.hosts(lan, "server", "anna", "ben", "mallory") };
}
