import type { LogLevel } from "../../config/log-options.js";
import type { Log } from "../log.js";
import type { WatchedSwitch } from "../network/watched-switch.js";

/** Sets the least important line to log. A child keeps the level that its parent had when it was made. */
export function setLogLevel(
  log: Log,
  networks: Iterable<{ readonly watched: WatchedSwitch }>,
  level: LogLevel,
): void {
  log.level = level;
  for (const { watched } of networks) watched.events.log.level = level;
}
