/** Flags made from the types of the configuration, and the configuration made from what was given. */
import { type Command, Option } from "commander";
import type { z } from "zod";
import { ConfigFile } from "../config/config-file.js";
import type { ConfigKind } from "../config/config-kind.js";
import { type ConfigOption, helpOf, optionsOf } from "../config/options.js";
import { type Settled, settle } from "../config/settle.js";
import { TapswitchError } from "../errors.js";
import { collect, collectList } from "./common.js";

/** Gives the command a flag for each option, and `--config`. */
export function withConfigFlags(command: Command, options: z.ZodObject): Command {
  for (const option of optionsOf(options))
    if (option.flag?.startsWith("--")) command.addOption(flagOf(option));
  return command
    .option("-c, --config <file>", "read what is not given here from this file (or TAPSWITCH_CONFIG)")
    .option("--debug", "print stack traces");
}

/** The file that `--config` or its variable names. */
export function configPath({ config }: Readonly<Record<string, unknown>>): string | undefined {
  return (config as string | undefined) ?? (process.env["TAPSWITCH_CONFIG"] || undefined);
}

/** Reads what flags, environment and file say now; again each time, since the file may change. */
export function configReader<Options extends z.ZodObject, Config extends object>(
  kind: ConfigKind<Options, Config>,
  { config, debug: _, ...options }: Readonly<Record<string, unknown>>,
): () => Settled<Config> {
  const flags = withoutDefaults(kind.options, options);
  const environment = { ...process.env };
  const path = configPath({ config });
  return () =>
    settle(kind, { flags, environment, file: path !== undefined ? readSection(path, kind) : null });
}

function readSection(
  path: string,
  { section }: { section: ConfigKind<z.ZodObject, unknown>["section"] },
): ConfigFile {
  const file = ConfigFile.read(path);
  if (file.problems.length > 0 || file.has(section)) return file;
  throw new TapswitchError(
    "usage",
    `'${path}' says nothing about this command: give it a '${section}:' section`,
  );
}

/** A switch that is on unless told otherwise is "given" by commander in any case. */
function withoutDefaults(
  options: z.ZodObject,
  flags: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const on = new Set(optionsOf(options).flatMap((option) => (option.default === true ? [option.key] : [])));
  return Object.fromEntries(Object.entries(flags).filter(([key, value]) => !(on.has(key) && value === true)));
}

function flagOf(option: ConfigOption): Option {
  const { about, isList, flag, default: value } = option;
  const short = about.short === undefined ? "" : `-${about.short}, `;
  const name = value === true ? flag!.replace(/^--/, "--no-") : flag!;
  const made = new Option(
    `${short}${name}${about.value === undefined ? "" : ` <${about.value}>`}`,
    helpOf(option),
  );
  if (isList) made.argParser(about.commas === true ? collectList : collect);
  return made;
}
