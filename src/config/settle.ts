/**
 * One configuration from all the places that options come from. The nearest to the person wins: flag, environment,
 * file, default; and it is known of each value where it came from.
 */
import type { z } from "zod";
import { Blame } from "./blame.js";
import type { SectionName } from "./config-file.js";
import type { ConfigKind, Layers, OptionValue, Source } from "./config-kind.js";
import { type ConfigOption, optionsOf } from "./options.js";
import { type Problem, problemsError } from "./problem.js";

export interface Settled<Config> {
  readonly config: Config;
  /** One for each option. Without secrets. */
  readonly values: readonly OptionValue[];
  /** As they were given, before they were parsed; may hold secrets. */
  readonly given: Readonly<Record<string, unknown>>;
}

export interface Examined<Options extends z.ZodObject, Config> {
  /** Null where there are problems. */
  readonly settled: Settled<Config> | null;
  readonly problems: readonly Problem[];
  /** The options that nothing is wrong with, each by itself. */
  readonly sound: Partial<z.output<Options>>;
}

/** Throws `usage`, which says everything that is wrong and where it stands. */
export function settle<Options extends z.ZodObject, Config extends object>(
  kind: ConfigKind<Options, Config>,
  layers: Layers,
): Settled<Config> {
  const { settled, problems } = examine(kind, layers);
  if (settled === null) throw problemsError(problems);
  return settled;
}

/** The configuration, or all that is wrong. */
export function examine<Options extends z.ZodObject, Config extends object>(
  kind: ConfigKind<Options, Config>,
  layers: Layers,
): Examined<Options, Config> {
  const inFile = layers.file?.problems ?? [];
  if (inFile.length > 0) return { settled: null, problems: inFile, sound: {} };
  const options = optionsOf(kind.options);
  const { given, sources } = gather(options, layers, kind.section);
  const parsed = kind.options.safeParse(given);
  const issues = parsed.success ? [] : parsed.error.issues;
  const sound = soundOptions(kind.options, given);
  const blame = new Blame(kind, { options, given, sources, file: layers.file ?? null });
  const found = [...blame.issues(issues), ...blame.conflicts(kind.conflicts(sound)), ...blame.secrets()];
  const problems = found.sort((one, other) => (one.at?.line ?? 0) - (other.at?.line ?? 0));
  if (!parsed.success || problems.length > 0) return { settled: null, problems, sound };
  const config = kind.complete(parsed.data);
  const values = options.map((option) => optionValue(option, config, sources));
  return { settled: { config, values, given }, problems, sound };
}

interface Gathered {
  readonly given: Readonly<Record<string, unknown>>;
  readonly sources: ReadonlyMap<string, Source>;
}

/** What was given, each option by the place that counts most. Keys of the file that no option has are among it. */
function gather(options: readonly ConfigOption[], layers: Layers, section: SectionName): Gathered {
  const found: [Source, Readonly<Record<string, unknown>>][] = [
    ["file", layers.file?.section(section) ?? {}],
    ["environment", fromEnvironment(options, layers.environment ?? {})],
    ["flag", layers.flags ?? {}],
  ];
  const given: Record<string, unknown> = {};
  const sources = new Map<string, Source>();
  for (const [source, values] of found) {
    for (const [key, value] of Object.entries(values)) {
      if (value === undefined) continue;
      given[key] = value;
      sources.set(key, source);
    }
  }
  return { given, sources };
}

/** An empty variable is one that was not given. A list has blanks or commas between its entries. */
function fromEnvironment(
  options: readonly ConfigOption[],
  environment: NonNullable<Layers["environment"]>,
): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const { key, environment: name, isList } of options) {
    const text = (name === null ? undefined : environment[name])?.trim();
    if (text !== undefined && text !== "") found[key] = isList ? text.split(/[\s,]+/) : text;
  }
  return found;
}

/** The options that nothing is wrong with; those that were not given are there, and undefined. */
function soundOptions<Options extends z.ZodObject>(
  options: Options,
  given: Readonly<Record<string, unknown>>,
): Partial<z.output<Options>> {
  const sound: Record<string, unknown> = {};
  for (const [key, type] of Object.entries(options.shape)) {
    const parsed = (type as z.ZodType).safeParse(given[key]);
    if (parsed.success) sound[key] = parsed.data;
  }
  return sound as Partial<z.output<Options>>;
}

function optionValue(
  { key, about }: ConfigOption,
  config: object,
  sources: Gathered["sources"],
): OptionValue {
  const value: unknown = (config as Readonly<Record<string, unknown>>)[key];
  const shown = value === undefined ? null : (about.show?.(value as never) ?? value);
  const source = sources.get(key) ?? sources.get(about.follows ?? "") ?? "default";
  return { option: key, value: shown, source };
}
