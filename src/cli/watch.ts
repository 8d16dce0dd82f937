/** Shows an answer once, or again and again (`--watch`): over the last one on a terminal, one after the other elsewhere. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { monotonicClock } from "../clock.js";
import { onStop } from "./common.js";
import { ExitStatus } from "./exit-status.js";
import { type Look, lookOf } from "./format/look.js";
import type { Sample, Samples } from "./format/sample.js";
import type { InspectOptions } from "./inspect-options.js";
import { print } from "./print.js";
import { parseSeconds } from "./seconds.js";

export interface WatchOptions extends InspectOptions {
  readonly watch?: string | true;
}

/** Something to look at. */
export interface View<Value> {
  ask(): Promise<Value>;
  lines(samples: Samples<Value>, look: Look): readonly string[];
  /** Whether it says how fast things are, for which one look is not enough. */
  readonly hasRates: boolean;
}

/** Long enough to see traffic, and hardly to be noticed by whoever asks. */
const FIRST_RATES_MS = 50;
const DEFAULT_SECONDS = "2";
const HOME_AND_CLEAR = "\x1b[H\x1b[2J";

export function withWatch(command: Command): Command {
  return command.option(
    "--watch [seconds]",
    `show it anew every so many seconds (default: ${DEFAULT_SECONDS})`,
  );
}

export async function watch<Value>({ json, watch: every }: WatchOptions, view: View<Value>): Promise<void> {
  if (every === undefined) return once(view, json);
  const ms = parseSeconds("--watch", every === true ? DEFAULT_SECONDS : every);
  endQuietly();
  let earlier: Sample<Value> | undefined;
  for (;;) {
    const now = await look(view);
    if (json) print([JSON.stringify(now.value)]);
    else redraw(view.lines({ now, earlier }, lookOf(process.stdout)));
    earlier = now;
    await sleep(ms);
  }
}

/** What never ends by itself ends with 0, by a signal or when nobody reads it any more; there is nothing to clear up. */
export function endQuietly(): void {
  const end = (): never => process.exit(ExitStatus.ok);
  onStop(end);
  process.stdout.once("error", end);
}

async function once<Value>(view: View<Value>, json: boolean | undefined): Promise<void> {
  const first = await look(view);
  if (json) return print([JSON.stringify(first.value, null, 2)]);
  if (!view.hasRates) return print(view.lines({ now: first, earlier: undefined }, lookOf(process.stdout)));
  await sleep(FIRST_RATES_MS);
  print(view.lines({ now: await look(view), earlier: first }, lookOf(process.stdout)));
}

async function look<Value>(view: View<Value>): Promise<Sample<Value>> {
  const value = await view.ask();
  return { value, atMs: monotonicClock.now() };
}

/** On a terminal no more lines than it has, so that the first stay where they are. */
function redraw(lines: readonly string[]): void {
  const { isTTY, rows = 24 } = process.stdout;
  const hidden = lines.length - (rows - 1);
  const isCut = isTTY && hidden > 0;
  if (isTTY) process.stdout.write(HOME_AND_CLEAR);
  if (isCut) print([...lines.slice(0, rows - 2), `... and ${hidden + 1} more lines`]);
  else print(isTTY ? lines : [...lines, ""]);
}
