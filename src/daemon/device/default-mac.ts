/**
 * The MAC of a device that was given none: stable across restarts, and different for everything that could share a
 * network. Cloned VMs share a machine-id and namespaces of one machine share everything else, so device, network,
 * member name and the namespace's own number go in as well.
 */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { formatMac, localMac } from "../../frame/mac.js";

export function defaultMac(device: string, network: string, name: string): string {
  const parts = [machineId(), statSync("/proc/self/ns/net").ino, device, network, name];
  return formatMac(localMac(createHash("sha256").update(parts.join("\0")).digest()));
}

/** Small and fresh images have none, or an empty one; the host's name is the next best thing that stays. */
function machineId(): string {
  try {
    return readFileSync("/etc/machine-id", "utf8").trim() || hostname();
  } catch {
    return hostname();
  }
}
