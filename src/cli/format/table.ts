/** Rows under a heading. Columns are as wide as they must be; where a terminal is narrower, the longest text is cut. */
import type { Look, Paint } from "./look.js";
import { fit, harmless, widthOf } from "./plain-text.js";

export interface Column {
  readonly heading: string;
  readonly align?: "right";
}

/** What stands in a column: from anywhere, made harmless here. */
export type Cell = string | { readonly text: string; readonly paint: Paint };

const GAP = "  ";
/** What is left of a text that is cut, at least. */
const LEAST = 6;

export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], look: Look): string[] {
  const texts = rows.map((row) => row.map(textOf));
  const widths = columns.map(({ heading }, at) =>
    texts.reduce((most, row) => Math.max(most, widthOf(row[at]!)), heading.length),
  );
  shrink(widths, columns, look.width);
  const shown = clip(widths, look.width);
  const heading = shown.map((width, at) => cell(columns[at]!.heading, width, columns[at]!, look.heading));
  const lines = rows.map((row, number) =>
    join(shown.map((width, at) => cell(texts[number]![at]!, width, columns[at]!, paintOf(row[at]!)))),
  );
  return [join(heading), ...lines];
}

/** Takes from the widest text column until all fit, or nothing is left to take. */
function shrink(widths: number[], columns: readonly Column[], most: number): void {
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) - most;
  while (excess > 0) {
    const texts = widths.map((width, at) => (columns[at]!.align === "right" ? 0 : width));
    const widest = texts.indexOf(Math.max(...texts));
    if (texts[widest]! <= LEAST) return;
    widths[widest]!--;
    excess--;
  }
}

/** The widths of the columns that there is room for, the last of them cut. */
function clip(widths: readonly number[], most: number): number[] {
  const shown: number[] = [];
  let left = most;
  for (const width of widths) {
    if (left <= 0) break;
    shown.push(Math.min(width, left));
    left -= width + GAP.length;
  }
  return shown;
}

function cell(text: string, width: number, { align }: Column, paint: Paint): string {
  const shown = fit(text, width);
  const space = " ".repeat(width - widthOf(shown));
  return align === "right" ? space + paint(shown) : paint(shown) + space;
}

function join(cells: readonly string[]): string {
  return cells.join(GAP).trimEnd();
}

function textOf(cell: Cell): string {
  return harmless(typeof cell === "string" ? cell : cell.text);
}

function paintOf(cell: Cell): Paint {
  return typeof cell === "string" ? String : cell.paint;
}
