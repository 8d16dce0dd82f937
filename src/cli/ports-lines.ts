/** What `tapswitch ports` says to people. */
import type { PortView } from "../control/inspect-api.js";
import { bitRate, lost, NONE, since } from "./format/cells.js";
import type { Look } from "./format/look.js";
import { formatBytes, formatCount } from "./format/quantities.js";
import { elapsedMs, perSecond, type Samples } from "./format/sample.js";
import { type Cell, table } from "./format/table.js";

const right = "right" as const;
const COLUMNS = [
  { heading: "NETWORK" },
  { heading: "ID", align: right },
  { heading: "NAME" },
  { heading: "STATE" },
  { heading: "SINCE", align: right, spare: 2 },
  { heading: "MACS", align: right },
  { heading: "IN", align: right },
  { heading: "OUT", align: right },
  { heading: "TOTAL IN", align: right, spare: 5 },
  { heading: "TOTAL OUT", align: right, spare: 5 },
  { heading: "DROPS" },
  { heading: "VLAN", align: right, spare: 3 },
  { heading: "KIND", spare: 4 },
  { heading: "PEER" },
  { heading: "MEMBER", spare: 6 },
];

export function portsLines(samples: Samples<readonly PortView[]>, nowMs: number, look: Look): string[] {
  const before = new Map(samples.earlier?.value.map((port) => [keyOf(port), port]));
  const ms = elapsedMs(samples);
  const rows = samples.now.value.map((port) => row(port, before.get(keyOf(port)), { ms, nowMs, look }));
  return table(COLUMNS, rows, look);
}

/** What tells ports apart in all of a process. */
export function keyOf({ network, id }: PortView): string {
  return `${network} ${id}`;
}

/** "0", or each reason with its count, the worst first: "queue:1204 vlan:3". */
export function dropsText(drops: Readonly<Record<string, number>>): string {
  const some = Object.entries(drops).filter(([, count]) => count > 0);
  some.sort(([, one], [, other]) => other - one);
  return some.map(([reason, count]) => `${reason}:${formatCount(count)}`).join(" ") || "0";
}

interface Context {
  readonly ms: number;
  readonly nowMs: number;
  readonly look: Look;
}

function row(port: PortView, earlier: PortView | undefined, { ms, nowMs, look }: Context): Cell[] {
  return [
    port.network,
    String(port.id),
    port.name,
    stateCell(port, look),
    since(port.since, nowMs),
    String(port.macs),
    bitRate(perSecond(port.bytesIn, earlier?.bytesIn, ms)),
    bitRate(perSecond(port.bytesOut, earlier?.bytesOut, ms)),
    formatBytes(port.bytesIn),
    formatBytes(port.bytesOut),
    lost(dropsText(port.drops), look),
    port.vlans || NONE,
    port.kind ?? NONE,
    port.peer ?? NONE,
    port.member ?? NONE,
  ];
}

/** A port that is up may be held back by a protocol, and have a role in a spanning tree. */
function stateCell({ up, state, role }: PortView, look: Look): Cell {
  if (!up) return { text: "down", paint: look.bad };
  const suffix = role === null ? "" : ` (${role})`;
  if (state === "forwarding") return { text: `up${suffix}`, paint: look.good };
  return { text: `${state}${suffix}`, paint: look.bad };
}
