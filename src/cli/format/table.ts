/**
 * Rows under a heading. Columns are as wide as they must be. Where a terminal is narrower, those that can be spared are
 * left out, and if that is not enough the longest text is cut.
 */
import type { Look, Paint } from "./look.js";
import { fit, harmless, widthOf } from "./plain-text.js";

export interface Column {
  readonly heading: string;
  readonly align?: "right";
  /** Can be spared where there is no room: the highest first. */
  readonly spare?: number;
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
  const shown = withoutSpare(widths, columns, look.width);
  shrink(shown, widths, columns, look.width);
  const clipped = clip(shown, widths, look.width);
  const lineOf = (text: (at: number) => string, paint: (at: number) => Paint): string =>
    join(clipped.map(({ at, width }) => cell(text(at), width, columns[at]!, paint(at))));
  return [
    lineOf(
      (at) => columns[at]!.heading,
      () => look.heading,
    ),
    ...rows.map((row, number) =>
      lineOf(
        (at) => texts[number]![at]!,
        (at) => paintOf(row[at]!),
      ),
    ),
  ];
}

function totalOf(shown: readonly number[], widths: readonly number[]): number {
  return shown.reduce((sum, at) => sum + widths[at]!, GAP.length * (shown.length - 1));
}

/** The columns to show, by their places. */
function withoutSpare(widths: readonly number[], columns: readonly Column[], most: number): number[] {
  const shown = columns.map((_, at) => at);
  while (totalOf(shown, widths) > most) {
    const spare = Math.max(...shown.map((at) => columns[at]!.spare ?? 0));
    if (spare === 0) break;
    shown.splice(
      shown.findLastIndex((at) => columns[at]!.spare === spare),
      1,
    );
  }
  return shown;
}

/** Takes from the widest text column until all fit, or nothing is left to take. */
function shrink(shown: readonly number[], widths: number[], columns: readonly Column[], most: number): void {
  const texts = shown.filter((at) => columns[at]!.align !== "right");
  for (let excess = totalOf(shown, widths) - most; excess > 0; excess--) {
    const widest = texts.reduce((one, other) => (widths[other]! > widths[one]! ? other : one), texts[0] ?? 0);
    if (widths[widest]! <= LEAST) return;
    widths[widest]!--;
  }
}

/** What there is room for, the last of it cut. */
function clip(
  shown: readonly number[],
  widths: readonly number[],
  most: number,
): { readonly at: number; readonly width: number }[] {
  let left = most;
  return shown.flatMap((at) => {
    const width = Math.min(widths[at]!, left);
    left -= widths[at]! + GAP.length;
    return width <= 0 ? [] : [{ at, width }];
  });
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
