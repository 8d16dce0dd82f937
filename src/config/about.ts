/**
 * What people are told about an option. Its zod type says what it may be and what it is by default; this says the rest.
 * The two together make its flag, its variable, its key in the file, its help and its line in the JSON schema.
 */
import { z } from "zod";

export interface About {
  /** Meaning, and unit where there is one. */
  readonly description: string;
  /** What stands behind the flag, as "bytes". Without it the flag is a switch: `--name`, or `--no-name` if it is on. */
  readonly value?: string;
  /** What `--no-name` means. */
  readonly negated?: string;
  /** One letter that stands for the flag. */
  readonly short?: string;
  /** The default in words, where the type has none or one that depends on the machine. */
  readonly otherwise?: string;
  /** Several may be given to one flag, with commas between them. */
  readonly commas?: boolean;
  /** Its variable, where that is not made from its name. */
  readonly environment?: string;
  /** "argument": given without a flag; "file": only there. */
  readonly given?: "argument" | "file";
  /** Another option that says what this one does not. */
  readonly follows?: string;
  /** Writes the value as people would. */
  show?(value: never): unknown;
}

/** An entry for each option of each configuration. */
export const ABOUT = z.registry<About>();
