/** Views of a process that is not there, in order, changed by `fields`. */
import type { NetworkView, PortView, StatusView, UplinkView } from "../../src/control/inspect-api.js";
import type { WireView } from "../../src/control/wire-api.js";
import { DROP_REASONS, type DropReason } from "../../src/frame/drop-reason.js";

const START = "2026-01-01T00:00:00.000Z";

export function statusView(fields: Partial<StatusView> = {}): StatusView {
  return {
    role: "serve",
    version: "0.1.0",
    pid: 4711,
    startedAt: START,
    at: "2026-01-01T03:12:00.000Z",
    memoryBytes: 52_000_000,
    cpuSeconds: 3,
    logLevel: "info",
    networks: [networkView()],
    listeners: [],
    connections: 1,
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
  return { name: "default", ports: 1, macs: 1, ...traffic, protections: {}, ...fields };
}

export function uplinkView(fields: Partial<UplinkView> = {}): UplinkView {
  return {
    server: "tls://203.0.113.7:9621",
    state: "up",
    since: "2026-01-01T03:10:00.000Z",
    network: "default",
    port: 3,
    name: "web",
    rttMs: 0.42,
    reconnects: 2,
    lastError: null,
    grant: null,
    ...fields,
  };
}

export function portView(id = 1, fields: Partial<PortView> = {}): PortView {
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
    role: null,
    vlan: 0,
    vlans: "",
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

export function wireView(fields: Partial<WireView> = {}): WireView {
  return {
    url: "unix:///run/vm1.sock",
    kind: "unix",
    network: "default",
    port: 2,
    portName: "vm1",
    state: "up",
    since: START,
    reconnects: 0,
    failures: 0,
    lastError: null,
    source: "config",
    ...fields,
  };
}
