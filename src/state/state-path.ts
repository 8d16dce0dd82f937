import { homedir } from "node:os";
import { join } from "node:path";

/** /var/lib/tapswitch for root, else the XDG state folder. */
export function defaultStateFolder(): string {
  if (process.geteuid?.() === 0) return "/var/lib/tapswitch";
  const base = process.env["XDG_STATE_HOME"];
  return join(base?.startsWith("/") ? base : join(homedir(), ".local/state"), "tapswitch");
}
