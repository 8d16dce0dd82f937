/** The questions about addresses: which there are, which stay, and which are forgotten. */
import { setImmediate as turn } from "node:timers/promises";
import type { Handlers } from "../../control/api.js";
import type { FdbEntry, FdbFilter } from "../../control/inspect-api.js";
import { parseMac } from "../../frame/mac.js";
import type { MacFilter } from "../../switch/mac-table.js";
import type { Port } from "../../switch/port.js";
import type { StaticAddress } from "../network/static-addresses.js";
import { findNetwork, findNetworks, findPort, findPorts, nameOf } from "./finder.js";
import type { Inspected, InspectedNetwork } from "./inspected.js";
import { viewEntry, viewStatic } from "./views.js";

/** Addresses that are forgotten at once, which takes about a millisecond. */
const FLUSH_SLICE = 500;

type Filter = Omit<FdbFilter, "network">;

export function fdbDesk(inspected: Inspected): Handlers<"fdb" | "addStatic" | "removeStatic" | "flush"> {
  const { clock } = inspected;
  const networks = (name?: string): readonly InspectedNetwork[] => findNetworks(inspected.networks(), name);
  return {
    fdb: ({ network, ...filter }) => list(searchesFor(networks(network), filter), clock.now()),
    addStatic: ({ network: name, mac, vlan, port: wanted }) => {
      const { network, port } = findPort([findNetwork(inspected.networks(), name)], wanted);
      const entry = { mac: parseMac(mac), vlan, portName: port.name };
      network.watched.statics.add(entry.mac, vlan, port);
      const added = viewStatic(entry, nameOf(network), port);
      tell(network, added, `put behind ${port.name} for good`);
      return added;
    },
    removeStatic: ({ network: name, mac, vlan }) => {
      const network = findNetwork(inspected.networks(), name);
      const removed = viewStatic(network.watched.statics.remove(parseMac(mac), vlan), nameOf(network));
      tell(network, removed, `no longer kept behind ${removed.portName}`);
      return removed;
    },
    flush: async ({ network, ...filter }) => {
      let forgotten = 0;
      for (const search of searchesFor(networks(network), filter)) forgotten += await flush(search);
      return { forgotten };
    },
  };
}

/** What to look for, and where. */
interface Search {
  readonly network: InspectedNetwork;
  readonly filter: MacFilter<Port>;
  readonly portName: string | undefined;
}

/** The networks in which there is such a port, each with the filter for its table. Throws `not-found`. */
function searchesFor(networks: readonly InspectedNetwork[], { port, vlan, mac }: Filter): Search[] {
  const filter = { vlan, mac: mac === undefined ? undefined : parseMac(mac) };
  if (port === undefined) return networks.map((network) => ({ network, filter, portName: undefined }));
  return findPorts(networks, port).map((found) => ({
    network: found.network,
    filter: { ...filter, place: found.port.place },
    portName: found.port.name,
  }));
}

function* list(searches: readonly Search[], now: number): Generator<FdbEntry> {
  for (const { network, filter, portName } of searches) {
    const { switch: lan, statics } = network.watched;
    for (const entry of lan.table.entries(now, filter)) yield viewEntry(entry, lan.name);
    if (portName !== undefined) continue;
    for (const one of statics.waiting(lan.ports)) if (fits(one, filter)) yield viewStatic(one, lan.name);
  }
}

function fits(one: StaticAddress, { vlan, mac }: MacFilter<Port>): boolean {
  if (vlan !== undefined && vlan !== one.vlan) return false;
  return mac === undefined || (mac.high === one.mac.high && mac.low === one.mac.low);
}

async function flush({ network, filter, portName }: Search): Promise<number> {
  const { switch: lan, events } = network.watched;
  let forgotten = 0;
  // What is learned anew meanwhile is not what was meant.
  for (let left = lan.table.size; left > 0; left -= FLUSH_SLICE) {
    forgotten += lan.table.flush(filter, Math.min(left, FLUSH_SLICE));
    await turn();
  }
  events.log.info({ forgotten, vlan: filter.vlan, port: portName }, "addresses flushed");
  const behind = portName === undefined ? "" : ` behind ${portName}`;
  events.publish("fdb-changed", {}, `${forgotten} learned addresses${behind} flushed`);
  return forgotten;
}

function tell(
  { watched: { events } }: InspectedNetwork,
  { mac, vlan, portName }: FdbEntry,
  what: string,
): void {
  events.log.info({ mac, vlan, port: portName }, `static address ${what}`);
  events.publish("fdb-changed", { port: portName, mac, vlan }, what);
}
