/** What `tapswitch status --config` says to people: each option, its value, and where that came from. */
import type { ConfigValue } from "../control/inspect-api.js";
import type { Look } from "./format/look.js";
import { type Cell, table } from "./format/table.js";

const COLUMNS = [{ heading: "OPTION" }, { heading: "SOURCE" }, { heading: "VALUE" }];

export function configLines(values: readonly ConfigValue[], look: Look): string[] {
  const row = ({ option, value, source }: ConfigValue): Cell[] => [
    option,
    source === "default" ? { text: source, paint: look.quiet } : source,
    typeof value === "string" ? value : (JSON.stringify(value) ?? "-"),
  ];
  return table(COLUMNS, values.map(row), look);
}
