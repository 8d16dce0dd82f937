/** Snapshots as people and programs read them. */
import type { FdbEntry, NetworkView, PortView } from "../../control/inspect-api.js";
import { formatMac } from "../../frame/mac.js";
import { offloadNames } from "../../frame/offload.js";
import type { MacEntry } from "../../switch/mac-table.js";
import type { Port } from "../../switch/port.js";
import type { Switch } from "../../switch/switch.js";
import type { StaticAddress } from "../network/static-addresses.js";

/** The time of day at a moment of the clock. */
export type WallTime = (clockMs: number) => string;

export function viewNetwork(lan: Switch): NetworkView {
  const { framesIn, bytesIn, framesOut, bytesOut, drops } = lan.totals();
  return {
    name: lan.name,
    ports: lan.ports.length,
    macs: lan.table.size,
    framesIn,
    bytesIn,
    framesOut,
    bytesOut,
    drops: Object.values(drops).reduce((sum, count) => sum + count, 0),
    protections: lan.figures(),
  };
}

export function viewPort(port: Port, network: string, member: string | null, wall: WallTime): PortView {
  const { changedAt, offload, counters, ...rest } = port.snapshot();
  return {
    network,
    ...rest,
    up: rest.kind !== null,
    since: wall(changedAt),
    member,
    offload: offloadNames(offload),
    ...counters,
  };
}

export function viewEntry(entry: MacEntry<Port>, network: string): FdbEntry {
  const { vlan, owner, fixed, ageMs } = entry;
  return {
    network,
    mac: formatMac(entry),
    vlan,
    port: owner.id,
    portName: owner.name,
    ageMs: Math.round(ageMs),
    static: fixed,
  };
}

/** A static address behind `port`, or one whose port is away. */
export function viewStatic(entry: StaticAddress, network: string, port?: Port): FdbEntry {
  const { mac, vlan, portName } = entry;
  return { network, mac: formatMac(mac), vlan, port: port?.id ?? 0, portName, ageMs: 0, static: true };
}
