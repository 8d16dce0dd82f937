/** What `tapswitch fdb` says to people. */
import type { FdbEntry } from "../control/inspect-api.js";
import { NONE } from "./format/cells.js";
import type { Look } from "./format/look.js";
import { formatDuration } from "./format/quantities.js";
import { type Cell, table } from "./format/table.js";

const COLUMNS = [
  { heading: "NETWORK" },
  { heading: "MAC" },
  { heading: "VLAN", align: "right" as const },
  { heading: "PORT", align: "right" as const },
  { heading: "NAME" },
  { heading: "SEEN", align: "right" as const },
];

/** In an order of their own, so that what is watched stays where it is. */
export function fdbLines(entries: readonly FdbEntry[], look: Look): string[] {
  const keyOf = ({ network, vlan, mac }: FdbEntry): string => `${network} ${String(vlan).padStart(4)} ${mac}`;
  const keyed = entries.map((entry) => ({ key: keyOf(entry), entry }));
  keyed.sort((one, other) => (one.key < other.key ? -1 : 1));
  return table(
    COLUMNS,
    keyed.map(({ entry }) => row(entry, look)),
    look,
  );
}

/** An address in a sentence: "02:00:00:00:00:07 (VLAN 10) behind web in blue". */
export function placeOf({ network, mac, vlan, portName }: FdbEntry): string {
  return `${mac}${vlan === 0 ? "" : ` (VLAN ${vlan})`} behind ${portName} in ${network}`;
}

function row(entry: FdbEntry, look: Look): Cell[] {
  return [
    entry.network,
    entry.mac,
    entry.vlan === 0 ? NONE : String(entry.vlan),
    String(entry.port),
    entry.portName,
    entry.static ? { text: "static", paint: look.quiet } : formatDuration(entry.ageMs),
  ];
}
