/**
 * Looking inside, in the control API: what a process is, its networks, ports and addresses, and what happens in them.
 * All of it formats snapshots; the same views feed the commands, the metrics and the web page.
 */
import { z } from "zod";
import { LOG_LEVELS } from "../config/log-options.js";
import { DROP_REASONS } from "../frame/drop-reason.js";
import { Granted, NAME_PATTERN } from "../session/messages.js";
import { PORT_STATES } from "../switch/port-state.js";
import { PROTOCOL_EVENTS } from "../switch/protocol-events.js";
import { call, type Stream } from "./call.js";
import { WireView } from "./wire-api.js";

const count = z.number().int().nonnegative();
const instant = z.iso.datetime();
const name = z.string().regex(NAME_PATTERN);
const mac = z.string().regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i, "six hex octets, as 02:00:5e:10:00:01");
/** 0: untagged, as in the MAC table. From a query it comes as text. */
const vlan = z.coerce.number().int().min(0).max(4_094);

const ListenerView = z.object({
  /** As bound, with the port that the kernel chose. */
  url: z.string(),
  /** Whether peers without sessions, such as QEMU, are let in. */
  raw: z.boolean(),
  encrypted: z.boolean(),
  /** Faces a network with neither encryption nor access control. */
  exposed: z.boolean(),
});
export type ListenerView = z.output<typeof ListenerView>;

const UplinkView = z.object({
  server: z.string(),
  state: z.enum(["up", "connecting", "waiting"]),
  /** Since when it is in that state. */
  since: instant,
  /** What the server said at the last welcome: network and port there. */
  network: z.string().nullable(),
  port: count.nullable(),
  name: z.string().nullable(),
  /** Round trip of the last ping, milliseconds. */
  rttMs: z.number().nullable(),
  /** What the server lets us do; null where it has not said. */
  grant: Granted.nullable(),
  reconnects: count,
  /** Why it was lost or could not be made, last time. */
  lastError: z.string().nullable(),
});
export type UplinkView = z.output<typeof UplinkView>;

export const DeviceView = z.object({
  name: z.string(),
  mac: z.string(),
  mtu: count,
  addresses: z.array(z.string()),
  carrier: z.boolean(),
  /** Work that the device takes over, as `csum tso4`. */
  offload: z.array(z.string()),
});

export type DeviceView = z.output<typeof DeviceView>;

export const NetworkView = z.object({
  name: z.string(),
  ports: count,
  macs: count,
  /** Of all ports since the start, those included that are gone. */
  framesIn: count,
  bytesIn: count,
  framesOut: count,
  bytesOut: count,
  drops: count,
  /** What each protection has done, by its name. */
  protections: z.record(z.string(), z.record(z.string(), count)),
});
export type NetworkView = z.output<typeof NetworkView>;

export const StatusView = z.object({
  role: z.enum(["serve", "join"]),
  version: z.string(),
  pid: count,
  startedAt: instant,
  /** When this was looked at: rates are differences of two answers. */
  at: instant,
  memoryBytes: count,
  /** Processor time used since the start, seconds. */
  cpuSeconds: z.number().nonnegative(),
  logLevel: z.string(),
  networks: z.array(NetworkView),
  /** Of `serve`. */
  listeners: z.array(ListenerView),
  connections: count,
  /** Connections that there was no room for. */
  turnedAway: count,
  /** How connections ended, by error code; "end" is an orderly one. */
  ends: z.record(z.string(), count),
  /** Streams of events and captures that are read now, and how many were cut off for being read too slowly. */
  streams: z.object({ open: count, cutOff: count }),
  /** Of `join`. */
  uplinks: z.array(UplinkView),
  devices: z.array(DeviceView),
  /** Attached wires. */
  wires: z.array(WireView),
});
export type StatusView = z.output<typeof StatusView>;

/** Every reason is there, also where nothing was dropped. */
const Drops = z.record(z.enum(DROP_REASONS), count);

export const PortView = z.object({
  network: z.string(),
  /** Number within its network. */
  id: count,
  name: z.string(),
  /** Kind and far end of its link; null while there is none. */
  kind: z.string().nullable(),
  peer: z.string().nullable(),
  /** Whether a link is there. */
  up: z.boolean(),
  /** Since when it is up or down. */
  since: instant,
  /** Who it has proven to be: `key:...` or `ca:...`; null where nothing was proven. */
  member: z.string().nullable(),
  state: z.enum(PORT_STATES),
  /** Why it is not forwarding; null where it is. */
  heldBy: z.string().nullable(),
  /** In the spanning tree: "root", "designated", ...; null where there is none. */
  role: z.string().nullable(),
  /** VLAN of an access port or tunnel; 0: none. */
  vlan: count,
  /** All of its VLANs, as `10`, `trunk 1,10-20 native 1` or `tunnel 100`; empty for an ordinary port. */
  vlans: z.string(),
  /** Work that the far end takes over. */
  offload: z.array(z.string()),
  macs: count,
  macsEvicted: count,
  queuedBytes: count,
  framesIn: count,
  bytesIn: count,
  framesOut: count,
  bytesOut: count,
  floods: count,
  drops: Drops,
});
export type PortView = z.output<typeof PortView>;

export const FdbEntry = z.object({
  network: z.string(),
  mac: z.string(),
  vlan: count,
  /** Number and name of the port that it lives behind; 0: a static one whose port is away. */
  port: count,
  portName: z.string(),
  /** Milliseconds since it was last seen; 0 for a static one. */
  ageMs: z.number().nonnegative(),
  static: z.boolean(),
});
export type FdbEntry = z.output<typeof FdbEntry>;

export const EVENT_TYPES = [
  "port-up",
  "port-down",
  "session-replaced",
  "mac-learned",
  "mac-moved",
  "mac-aged",
  "mac-flapping",
  "mac-limit",
  "frames-refused",
  "drops",
  "auth-failed",
  "shut-out",
  "turned-away",
  "uplink-up",
  "uplink-down",
  "wire-failed",
  "config-reloaded",
  "fdb-changed",
  "kicked",
  ...PROTOCOL_EVENTS,
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export const EventView = z.object({
  /** Counts up in one process. */
  seq: count,
  at: instant,
  type: z.enum(EVENT_TYPES),
  network: z.string().optional(),
  /** Name of the port that it is about. */
  port: z.string().optional(),
  mac: z.string().optional(),
  vlan: count.optional(),
  /** One sentence for people. */
  message: z.string(),
  /** This stands for so many of its type, which came too fast to be told one by one. */
  leftOut: count.optional(),
});
export type EventView = z.output<typeof EventView>;

const ConfigValue = z.object({
  option: z.string(),
  value: z.unknown(),
  source: z.enum(["flag", "environment", "file", "default"]),
});
export type ConfigValue = z.output<typeof ConfigValue>;

const ReloadReport = z.object({
  /** Options and files that took effect. */
  applied: z.array(z.string()),
  /** Options that differ and need a restart. */
  restart: z.array(z.string()),
});
export type ReloadReport = z.output<typeof ReloadReport>;

const nothing = z.strictObject({});
const inNetwork = z.strictObject({ network: name.optional() });
const port = z.string().min(1).max(63);
const place = z.strictObject({ network: name.optional(), mac, vlan: vlan.default(0) });

export const FdbFilter = z.strictObject({
  network: name.optional(),
  /** Name or number. */
  port: port.optional(),
  vlan: vlan.optional(),
  mac: mac.optional(),
});
export type FdbFilter = z.output<typeof FdbFilter>;

const KickRequest = inNetwork.extend({ port, reason: z.string().max(200).optional() });
export type KickRequest = z.output<typeof KickRequest>;

const Kicked = z.object({
  kicked: z.array(PortView.pick({ network: true, id: true, name: true, peer: true })),
});
export type Kicked = z.output<typeof Kicked>;

export const INSPECT_CALLS = {
  status: call("GET", "/v1/status", nothing, StatusView),
  networks: call("GET", "/v1/networks", nothing, z.array(NetworkView)),
  ports: call("GET", "/v1/ports", inNetwork, z.array(PortView)),
  fdb: call("GET", "/v1/fdb", FdbFilter, z.array(FdbEntry)),
  /** Adds or replaces an address that stays where it is put. `network` may be left away where there is one only. */
  addStatic: call("POST", "/v1/fdb", place.extend({ port }), FdbEntry),
  removeStatic: call("DELETE", "/v1/fdb", place, FdbEntry),
  /** Forgets learned addresses. */
  flush: call("POST", "/v1/fdb/flush", FdbFilter.omit({ mac: true }), z.object({ forgotten: count })),
  /** Ends a port's connection, saying why; it may come back. */
  kick: call("POST", "/v1/ports/kick", KickRequest, Kicked),
  reload: call("POST", "/v1/reload", nothing, ReloadReport),
  config: call("GET", "/v1/config", nothing, z.array(ConfigValue)),
  setLogLevel: call("POST", "/v1/log-level", z.strictObject({ level: z.enum(LOG_LEVELS) }), nothing),
} as const;

const EventsQuery = z.strictObject({
  network: name.optional(),
  /** Only these; given several times for several. */
  type: z
    .union([z.enum(EVENT_TYPES), z.array(z.enum(EVENT_TYPES))])
    .transform((types) => [types].flat())
    .optional(),
  /** How many past ones to begin with. */
  last: z.coerce.number().int().min(0).max(1_000).default(0),
  /** False: end after the past ones instead of waiting for more. */
  follow: z.stringbool().default(true),
});
export type EventsQuery = z.output<typeof EventsQuery>;

/** Lines of `EventView`: past ones that are still known, then each as it happens. */
export const EVENTS: Stream<typeof EventsQuery> = {
  path: "/v1/events",
  input: EventsQuery,
  type: "application/x-ndjson",
};
