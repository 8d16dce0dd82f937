/** The columns of `top`: which of them there is room for, and how wide they are. */
import { formatBitRate, formatBytes, formatFrequency } from "../format/quantities.js";
import { sparkline } from "../format/sparkline.js";
import { dropsText } from "../ports-lines.js";
import type { Flow } from "./top-history.js";
import type { SortKey } from "./top-state.js";

export interface TopColumn {
  readonly heading: string;
  readonly width: number;
  readonly align?: "right";
  /** What the ports are sorted by when this column leads. */
  readonly sort?: SortKey;
  readonly text: (flow: Flow, width: number) => string;
}

const GAP = 2;
/** A name that most names are shorter than. */
const LONG_NAME = 28;
/** A minute, a bar for each second. */
const MOST_BARS = 60;

const right = "right" as const;
const PORT: TopColumn = { heading: "PORT", width: 16, sort: "name", text: ({ port }) => port.name };
const NETWORK: TopColumn = { heading: "NETWORK", width: 10, text: ({ port }) => port.network };
const RATES: readonly TopColumn[] = [
  { heading: "IN", width: 10, align: right, sort: "in", text: ({ bitsIn }) => formatBitRate(bitsIn) },
  { heading: "OUT", width: 10, align: right, sort: "out", text: ({ bitsOut }) => formatBitRate(bitsOut) },
  {
    heading: "IN f/s",
    width: 6,
    align: right,
    sort: "frames",
    text: ({ framesIn }) => formatFrequency(framesIn),
  },
  { heading: "OUT f/s", width: 7, align: right, text: ({ framesOut }) => formatFrequency(framesOut) },
  { heading: "DROP/s", width: 6, align: right, sort: "drops", text: ({ drops }) => formatFrequency(drops) },
];
const BARS: TopColumn = {
  heading: "LAST MINUTE",
  width: 11,
  text: ({ recent }, width) => sparkline(recent, width),
};
/** In the order in which they are taken in as there is room. */
const MORE: readonly TopColumn[] = [
  { heading: "MACS", width: 5, align: right, sort: "macs", text: ({ port }) => String(port.macs) },
  {
    heading: "QUEUED",
    width: 6,
    align: right,
    text: ({ port }) => (port.queuedBytes === 0 ? "0" : formatBytes(port.queuedBytes)),
  },
  { heading: "DROPS BY REASON", width: 24, text: ({ port }) => dropsText(port.drops) },
  { heading: "PEER", width: 26, text: ({ port }) => port.peer ?? "down" },
];

/** The columns for a line of `width`; the network is left out where it is the same for all. */
export function topColumns(width: number, manyNetworks: boolean): TopColumn[] {
  const chosen = [PORT, ...(manyNetworks ? [NETWORK] : []), ...RATES];
  let left = width - chosen.reduce((sum, column) => sum + column.width + GAP, -GAP);
  const take = (column: TopColumn): boolean => {
    const fits = left >= column.width + GAP;
    if (fits) {
      chosen.push(column);
      left -= column.width + GAP;
    }
    return fits;
  };
  const hasBars = take(BARS);
  for (const column of MORE) if (!take(column)) break;
  return hasBars ? withWiderBars(chosen, left) : chosen;
}

/** What is left goes to long names first, then to the bars. */
function withWiderBars(columns: readonly TopColumn[], left: number): TopColumn[] {
  const forNames = Math.min(left, LONG_NAME - PORT.width);
  const bars = Math.min(MOST_BARS, BARS.width + left - forNames);
  const widths = new Map([
    [PORT, PORT.width + forNames],
    [BARS, bars],
  ]);
  return columns.map((column) => ({ ...column, width: widths.get(column) ?? column.width }));
}
