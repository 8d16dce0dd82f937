import { hostname } from "node:os";
import { NAME_PATTERN } from "../../session/messages.js";

/** The host's name, as far as it can be a port's. */
export function hostName(): string {
  const name = hostname()
    .replace(/[^A-Za-z0-9._-]/g, "-")
    .slice(0, 63);
  return NAME_PATTERN.test(name) ? name : "host";
}
