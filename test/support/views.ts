/** Views of a process that is not there, in order, changed by `fields`. */
import type { NetworkView, PortView, StatusView } from "../../src/control/inspect-api.js";
import { DROP_REASONS, type DropReason } from "../../src/frame/drop-reason.js";

const START = "2026-01-01T00:00:00.000Z";

export function statusView(fields: Partial<StatusView> = {}): StatusView {
  return {
    role: "serve",
    version: "1.2.3",
    pid: 1,
    startedAt: START,
    at: START,
    memoryBytes: 50_000_000,
    cpuSeconds: 1.5,
    logLevel: "info",
    networks: [],
    listeners: [],
    connections: 0,
    turnedAway: 0,
    ends: {},
    streams: { open: 0, cutOff: 0 },
    uplinks: [],
    devices: [],
    wires: [],
    ...fields,
  };
}

export function networkView(fields: Partial<NetworkView> = {}): NetworkView {
  const traffic = { framesIn: 0, bytesIn: 0, framesOut: 0, bytesOut: 0, drops: 0 };
  return { name: "default", ports: 0, macs: 0, ...traffic, protections: {}, ...fields };
}

export function portView(id: number, fields: Partial<PortView> = {}): PortView {
  const drops = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>;
  return {
    network: "default",
    id,
    name: `port-${id}`,
    kind: "tcp",
    peer: `10.0.0.${id}:4000`,
    up: true,
    since: START,
    member: null,
    state: "forwarding",
    heldBy: null,
    vlan: 0,
    offload: [],
    macs: 1,
    macsEvicted: 0,
    queuedBytes: 0,
    framesIn: 0,
    bytesIn: 0,
    framesOut: 0,
    bytesOut: 0,
    floods: 0,
    drops,
    ...fields,
  };
}
