/** Where the commands print: JSON for programs, lines for people. */
import { type Look, lookOf } from "./format/look.js";

/** Prints the value as JSON, or the lines that say the same to people. */
export function show(
  json: boolean | undefined,
  value: unknown,
  lines: (look: Look) => readonly string[],
): void {
  if (json) print([JSON.stringify(value, null, 2)]);
  else print(lines(lookOf(process.stdout)));
}

export function print(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}
