/** The options of a configuration, read from its type: what each is called in each place, and what it is by default. */
import { z } from "zod";
import { ABOUT, type About } from "./about.js";

export interface ConfigOption {
  /** Its key in the configuration and in the file, as "maxPorts". */
  readonly key: string;
  /** "--max-ports", or for an argument its bare name; null where only the file has it. */
  readonly flag: string | null;
  /** "TAPSWITCH_MAX_PORTS"; null where only the file has it. */
  readonly environment: string | null;
  /** Takes a list, and its flag may be repeated. */
  readonly isList: boolean;
  /** As it would be given; undefined where it has none of its own. */
  readonly default: unknown;
  readonly about: About;
}

/** In the order of the type. Each option must be in `ABOUT`. */
export function optionsOf(schema: z.ZodObject): ConfigOption[] {
  return Object.entries(schema.shape).map(([key, type]) => describe(key, type as z.ZodType));
}

function describe(key: string, type: z.ZodType): ConfigOption {
  const about = ABOUT.get(type)!;
  const words = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const inFile = about.given === "file";
  return {
    key,
    flag: inFile ? null : about.given === "argument" ? key : `--${words}`,
    environment: inFile
      ? null
      : (about.environment ?? `TAPSWITCH_${words.replaceAll("-", "_").toUpperCase()}`),
    isList: bareType(type) instanceof z.ZodArray,
    default: defaultOf(type),
    about,
  };
}

/** Help in a few words: meaning, whether it may be repeated, and the default. */
export function helpOf({ about, isList, default: value }: ConfigOption): string {
  if (value === true) return about.negated!;
  const otherwise = about.otherwise ?? (hasWords(value) ? String(value) : undefined);
  const repeatable = isList && about.commas !== true ? "; repeatable" : "";
  return `${about.description}${repeatable}${otherwise === undefined ? "" : ` (default: ${otherwise})`}`;
}

function hasWords(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && value !== "");
}

/** The type without what makes it optional. */
export function bareType(type: z.ZodType): z.ZodType {
  if (type instanceof z.ZodPipe) return bareType(type.in as z.ZodType);
  const isWrapped =
    type instanceof z.ZodDefault ||
    type instanceof z.ZodPrefault ||
    type instanceof z.ZodOptional ||
    type instanceof z.ZodNullable;
  return isWrapped ? bareType(type.def.innerType as z.ZodType) : type;
}

/** As it would be given; undefined where there is none. */
export function defaultOf(type: z.ZodType): unknown {
  return type instanceof z.ZodDefault || type instanceof z.ZodPrefault ? type.def.defaultValue : undefined;
}
