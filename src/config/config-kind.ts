import type { z } from "zod";
import type { ConfigFile, SectionName } from "./config-file.js";

/** A kind of configuration: that of `serve` or of `join`. */
export interface ConfigKind<Options extends z.ZodObject, Config> {
  readonly section: SectionName;
  readonly options: Options;
  /** What the options come to, taken together. */
  complete(options: z.output<Options>): Config;
  /** Options that are right each and wrong together. Those that are wrong by themselves are left out. */
  conflicts(options: Partial<z.output<Options>>): Conflict[];
}

export interface Conflict {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export interface Layers {
  /** By key; a flag that was not given is absent. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly file?: ConfigFile | null;
}

export type Source = "flag" | "environment" | "file" | "default";

/** What an option is, and which place said so. */
export interface OptionValue {
  readonly option: string;
  readonly value: unknown;
  readonly source: Source;
}
