/** How output may look: in colour and cut to the width on a terminal, plain and whole anywhere else. */
import pc from "picocolors";
import { fit, harmless, widthOf } from "./plain-text.js";

export type Paint = (text: string) => string;

export interface Look {
  /** Whether a terminal shows it. */
  readonly live: boolean;
  /** Columns of a line; Infinity where nothing cuts. */
  readonly width: number;
  readonly heading: Paint;
  readonly good: Paint;
  readonly warning: Paint;
  readonly bad: Paint;
  readonly quiet: Paint;
}

export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const DEFAULT_COLUMNS = 80;

/** For what is written to `screen`. NO_COLOR and a dumb terminal are respected [no-color.org]. */
export function lookOf(screen: Screen, env: NodeJS.ProcessEnv = process.env): Look {
  const live = screen.isTTY === true;
  const colourful = live && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  const { bold, green, yellow, red, dim } = pc.createColors(colourful);
  const width = live ? screen.columns || DEFAULT_COLUMNS : Number.POSITIVE_INFINITY;
  return { live, width, heading: bold, good: green, warning: yellow, bad: red, quiet: dim };
}

/** One line of text from anywhere, cut to the width. */
export function line(text: string, look: Look, paint: Paint = String): string {
  return paint(fit(harmless(text), look.width));
}

/** Text from anywhere in as many lines as it needs, broken between words; only a word that is too long is cut. */
export function paragraph(text: string, look: Look, paint: Paint = String): string[] {
  const lines: string[] = [];
  for (const word of harmless(text).split(" ")) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && widthOf(longer) > look.width) lines.push(word);
    else lines.splice(-1, 1, longer);
  }
  return lines.map((one) => paint(fit(one, look.width)));
}
