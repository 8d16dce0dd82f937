/** The settings of a join's own network: its own, and those of the server's as far as it has said them. */
import type { JoinConfig } from "../../config/join-config.js";
import { ownOptions } from "../../config/network-options.js";
import type { NetworkSettings } from "../../config/serve-config.js";
import { KEEPALIVE_MS } from "../../session/liveness.js";
import type { Welcome } from "../../session/messages.js";
import { AGE_MS, MAC_LIMIT } from "../../switch/switch.js";

/** Of a network that nobody has said more about. */
const USUAL_MTU = 1_500;

/** `welcome` null: not joined yet. */
export function joinSettings(config: JoinConfig, welcome: Welcome | null): NetworkSettings {
  return {
    mtu: welcome?.mtu ?? config.mtu ?? USUAL_MTU,
    macLimit: MAC_LIMIT,
    age: AGE_MS / 1_000,
    keepalive: KEEPALIVE_MS,
    forwardReserved: [],
    ...ownOptions(config),
  };
}
