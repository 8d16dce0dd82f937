/** What `tapswitch groups` says to people. */
import type { GroupsView, GroupView, QuerierView } from "../control/group-api.js";
import { NONE } from "./format/cells.js";
import type { Look } from "./format/look.js";
import { type Cell, table } from "./format/table.js";

const GROUPS = [
  { heading: "NETWORK" },
  { heading: "VLAN", align: "right" as const },
  { heading: "GROUP" },
  { heading: "PORTS" },
];
const QUERIERS = [
  { heading: "NETWORK" },
  { heading: "VLAN", align: "right" as const },
  { heading: "PROTOCOL" },
  { heading: "QUERIER" },
  { heading: "SENT TO" },
  { heading: "PORTS THAT GET ALL" },
];

export function groupsLines({ groups, queriers }: GroupsView, look: Look): string[] {
  if (queriers.length === 0)
    return [
      "multicast goes everywhere: no network has 'multicast:' in its configuration, or none was seen yet",
    ];
  const listening =
    groups.length === 0 ? ["nobody listens to a group"] : table(GROUPS, groups.map(groupRow), look);
  return [...listening, "", ...table(QUERIERS, queriers.map(querierRow), look)];
}

function groupRow({ network, vlan, group, ports }: GroupView): Cell[] {
  return [network, vlanText(vlan), group, ports.map(({ name }) => name).join(", ")];
}

function querierRow({
  network,
  vlan,
  protocol,
  querier,
  querierPort,
  restricts,
  openPorts,
}: QuerierView): Cell[] {
  const who =
    querier === null ? NONE : querier === "self" ? "this switch" : `${querier} behind ${querierPort}`;
  const open = openPorts.length === 0 ? NONE : openPorts.join(", ");
  return [network, vlanText(vlan), protocol.toUpperCase(), who, restricts ? "listeners" : "everybody", open];
}

function vlanText(vlan: number): string {
  return vlan === 0 ? NONE : String(vlan);
}
