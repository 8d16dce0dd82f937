/** The screen of `top` as lines, made from what is known and how it is to be shown: no terminal is needed for it. */

import type { Look, Paint } from "../format/look.js";
import { fit, harmless, widthOf } from "../format/plain-text.js";
import {
  formatBitRate,
  formatBytes,
  formatDuration,
  formatFrequency,
  formatRoundTrip,
} from "../format/quantities.js";
import { sparkline } from "../format/sparkline.js";
import { type TopColumn, topColumns } from "./top-columns.js";
import type { Course, Flow, Picture } from "./top-history.js";
import { clamp, shownFlows, type TopState } from "./top-state.js";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What `top` shows besides the picture. */
export interface Notice {
  /** Why no news come, where none do. */
  readonly trouble: string | null;
}

/** Lines above and below the ports. */
const HEADER_ROWS = 6;
const FOOTER_ROWS = 1;
/** What stands before and behind the bars of a course. */
const COURSE_TEXT = 27;
const MOST_BARS = 60;

/** How many ports fit. */
export function portRows({ rows }: Size): number {
  return Math.max(0, rows - HEADER_ROWS - FOOTER_ROWS);
}

/** Exactly as many lines as the terminal has, none wider than it is. */
export function topLines(picture: Picture, state: TopState, size: Size, look: Look & Notice): string[] {
  const flows = shownFlows(picture, state);
  const body = state.help ? help(size, look) : portLines(picture, state, size, { flows, look });
  const lines = [...header(picture, state, flows, { size, look }), ...body];
  const whole = [...lines, ...Array<string>(size.rows).fill("")].slice(
    0,
    Math.max(0, size.rows - FOOTER_ROWS),
  );
  return [...whole, footer(state, flows.length, size, look)].slice(-size.rows);
}

interface Frame {
  readonly size: Size;
  readonly look: Look & Notice;
}

function header(picture: Picture, state: TopState, flows: readonly Flow[], { size, look }: Frame): string[] {
  const courses = [...picture.courses]
    .filter(([name]) => state.network === null || state.network === name)
    .map(([, course]) => course);
  const width = size.columns;
  return [
    cut(title(picture, flows), width, look.heading),
    course("in", sum(courses, "in"), flows, { size, look }),
    course("out", sum(courses, "out"), flows, { size, look }),
    drops(flows, width, look),
    notice(picture, state, width, look),
  ];
}

function title({ status, processor }: Picture, flows: readonly Flow[]): string {
  const up = flows.filter(({ port }) => port.up).length;
  return [
    `${status.role} ${status.version}`,
    `up ${formatDuration(Date.parse(status.at) - Date.parse(status.startedAt))}`,
    `ports ${up}/${flows.length} up`,
    `networks ${status.networks.length}`,
    `processor ${Math.round(processor)}%`,
    `memory ${formatBytes(status.memoryBytes)}`,
  ].join("  ");
}

/** Trouble first, then that it is paused, then the uplinks; else nothing. */
function notice({ status }: Picture, { paused }: TopState, width: number, look: Look & Notice): string {
  if (look.trouble !== null) return cut(look.trouble, width, look.bad);
  if (paused) return cut("PAUSED: space goes on", width, look.warning);
  const uplinks = status.uplinks.map(({ server, state, rttMs }) => {
    return `uplink ${server} ${state}${rttMs === null ? "" : ` ${formatRoundTrip(rttMs)}`}`;
  });
  const isDown = status.uplinks.some(({ state }) => state !== "up");
  return cut(uplinks.join("  "), width, isDown ? look.bad : look.good);
}

function course(way: "in" | "out", bits: readonly number[], flows: readonly Flow[], frame: Frame): string {
  const { size, look } = frame;
  const frames = flows.reduce((total, flow) => total + (way === "in" ? flow.framesIn : flow.framesOut), 0);
  const bars = Math.max(0, Math.min(MOST_BARS, size.columns - COURSE_TEXT));
  const now = `${way.padEnd(3)} ${formatBitRate(bits.at(-1) ?? 0).padStart(10)} ${formatFrequency(frames).padStart(6)} f/s`;
  const text = cut(now, size.columns);
  if (bars === 0) return text;
  return `${text}  ${look.good(sparkline(bits, bars))}`;
}

function sum(courses: readonly Course[], way: "in" | "out"): number[] {
  const length = Math.max(0, ...courses.map((one) => one[way].length));
  // The latest stand last: one that began later has no beginning.
  return Array.from({ length }, (_, at) =>
    courses.reduce((total, one) => total + (one[way][at - (length - one[way].length)] ?? 0), 0),
  );
}

/** Drops now by reason, and since the start where there are none now. */
function drops(flows: readonly Flow[], width: number, look: Look): string {
  const now = totals(flows.map(({ reasons }) => reasons));
  if (now.length > 0) {
    const parts = now.map(([reason, rate]) => `${reason} ${formatFrequency(rate)}/s`);
    return cut(`drops  ${parts.join("  ")}`, width, look.warning);
  }
  const ever = totals(flows.map(({ port }) => port.drops));
  if (ever.length === 0) return cut("drops  none", width, look.quiet);
  const parts = ever.map(([reason, count]) => `${reason} ${formatFrequency(count)}`);
  return cut(`drops  none now; in all ${parts.join("  ")}`, width);
}

function totals(many: readonly Readonly<Record<string, number>>[]): [string, number][] {
  const sums = new Map<string, number>();
  for (const one of many)
    for (const [reason, value] of Object.entries(one)) sums.set(reason, (sums.get(reason) ?? 0) + value);
  return [...sums].filter(([, value]) => value > 0).sort(([, one], [, other]) => other - one);
}

interface Ports {
  readonly flows: readonly Flow[];
  readonly look: Look;
}

function portLines(picture: Picture, state: TopState, size: Size, { flows, look }: Ports): string[] {
  const columns = topColumns(size.columns, state.network === null && picture.status.networks.length > 1);
  const rows = portRows(size);
  const first = clamp(state.scroll, { ports: flows.length, rows });
  const heading = columns.map((column) => headingOf(column, state));
  const shown = flows.slice(first, first + rows);
  return [
    cut(heading.join("  ").trimEnd(), size.columns, look.heading),
    ...shown.map((flow) => portLine(flow, columns, size, look)),
  ];
}

function headingOf({ heading, width, align, sort }: TopColumn, state: TopState): string {
  const arrow = sort !== state.sort ? "" : state.reversed ? "▴" : "▾";
  const text = arrow + heading;
  return align === "right" ? text.padStart(width) : text.padEnd(width);
}

function portLine(flow: Flow, columns: readonly TopColumn[], size: Size, look: Look): string {
  const cells = columns.map(({ text, width, align }) => {
    const shown = fit(harmless(text(flow, width)), width);
    const space = " ".repeat(width - widthOf(shown));
    return align === "right" ? space + shown : shown + space;
  });
  return cut(cells.join("  ").trimEnd(), size.columns, paintOf(flow, look));
}

function paintOf({ port, drops: dropped }: Flow, look: Look): Paint {
  if (!port.up) return look.quiet;
  return dropped > 0 ? look.warning : String;
}

const HELP = [
  "",
  "s right, left   sort by the next, the last: in, out, drops, frames, macs, name",
  "r               turn the order round",
  "n               only the next network; behind the last, all of them again",
  "space  p        pause, go on",
  "up down PgUp PgDn Home End   scroll (also k, j)",
  "q  Ctrl-C       quit",
  "",
  "IN: what a port sends into the switch. OUT: what it gets. f/s: frames a second,",
  "where a large segment counts as one. The bars: the last minute, both ways.",
  "A yellow port drops frames now; a faint one has no link.",
];

function help({ columns, rows }: Size, look: Look): string[] {
  return HELP.slice(0, Math.max(0, rows - HEADER_ROWS)).map((text, at) =>
    cut(text, columns, at < 7 ? String : look.quiet),
  );
}

function footer(state: TopState, ports: number, size: Size, look: Look): string {
  const rows = portRows(size);
  const first = clamp(state.scroll, { ports, rows });
  const last = Math.min(ports, first + rows);
  const where = ports > rows ? `${first + 1}-${last} of ${ports}  ` : "";
  const keys = `q quit  s sort:${state.sort}  r turn  n network:${state.network ?? "all"}  space pause  ? help`;
  return cut(`${where}${keys}`, size.columns, look.quiet);
}

function cut(text: string, width: number, paint: Paint = String): string {
  const shown = fit(harmless(text), width);
  return shown === "" ? "" : paint(shown);
}
