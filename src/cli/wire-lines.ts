/** Attached wires as a table: of `tapswitch wires`, and within `tapswitch status`. */
import type { WireView } from "../control/wire-api.js";
import { NONE, since } from "./format/cells.js";
import type { Look } from "./format/look.js";
import { formatCount } from "./format/quantities.js";
import { type Cell, table } from "./format/table.js";

const WIRE = [
  { heading: "WIRE" },
  { heading: "STATE" },
  { heading: "SINCE", align: "right" as const, spare: 1 },
  { heading: "NETWORK", spare: 3 },
  { heading: "PORT" },
  { heading: "BY", spare: 2 },
  { heading: "FAILURES", align: "right" as const },
  { heading: "LAST ERROR" },
];

export function wireLines(wires: readonly WireView[], nowMs: number, look: Look): string[] {
  return table(
    WIRE,
    wires.map((one) => row(one, nowMs, look)),
    look,
  );
}

function row(one: WireView, nowMs: number, look: Look): Cell[] {
  const isUp = one.state === "up";
  return [
    one.url,
    { text: one.state, paint: isUp ? look.good : look.bad },
    since(one.since, nowMs),
    one.network,
    `${one.port} ${one.portName}`,
    one.source,
    formatCount(one.failures),
    one.lastError === null ? NONE : { text: one.lastError, paint: isUp ? String : look.bad },
  ];
}
