/** What the answers to questions are made of. A `serve` and a `join` show themselves in the same shape. */
import type { Clock } from "../../clock.js";
import type { EventHub } from "../../control/event-hub.js";
import type { ConfigValue, ReloadReport, StatusView } from "../../control/inspect-api.js";
import type { Port } from "../../switch/port.js";
import type { Log } from "../log.js";
import type { WatchedSwitch } from "../network/watched-switch.js";

export interface InspectedNetwork {
  readonly watched: WatchedSwitch;
  /** Who the port's peer has proven to be. */
  memberOf(port: Port): string | null;
  /** Ends what is behind the port, saying why. Throws `usage` where that cannot be. */
  kick(port: Port, reason: string): void;
}

/** What only one of the roles can say of itself. */
export type RoleFacts = Pick<
  StatusView,
  "listeners" | "connections" | "turnedAway" | "ends" | "uplinks" | "devices" | "wires"
>;

export interface Inspected {
  readonly role: StatusView["role"];
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventHub;
  networks(): readonly InspectedNetwork[];
  facts(): RoleFacts;
  /** Streams that are read now, and those that were cut off. */
  streams(): StatusView["streams"];
  /** What it runs with, and where each value came from. */
  config(): readonly ConfigValue[];
  reload(): ReloadReport | Promise<ReloadReport>;
}
