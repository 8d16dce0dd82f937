/** Says what is wrong with an option where its user wrote it: in the file, in a variable, or behind a flag. */
import { z } from "zod";
import type { ConfigFile, SectionName } from "./config-file.js";
import type { Conflict, Source } from "./config-kind.js";
import { isInviteUrl } from "./invite-url.js";
import { issueText } from "./issue-text.js";
import { bareType, type ConfigOption } from "./options.js";
import { type Problem, shownValue } from "./problem.js";

export interface Evidence {
  readonly options: readonly ConfigOption[];
  readonly given: Readonly<Record<string, unknown>>;
  readonly sources: ReadonlyMap<string, Source>;
  readonly file: ConfigFile | null;
}

export class Blame {
  readonly #schema: z.ZodObject;
  readonly #section: SectionName;
  readonly #evidence: Evidence;

  constructor(kind: { readonly options: z.ZodObject; readonly section: SectionName }, evidence: Evidence) {
    this.#schema = kind.options;
    this.#section = kind.section;
    this.#evidence = evidence;
  }

  /** One for each place: what follows from it at the same place says nothing new. */
  issues(issues: readonly z.core.$ZodIssue[]): Problem[] {
    const seen = new Set<string>();
    return issues.flatMap((issue) => {
      const place = JSON.stringify(issue.path);
      if (seen.has(place) && issue.code !== "unrecognized_keys") return [];
      seen.add(place);
      if (issue.code === "unrecognized_keys")
        return issue.keys.map((key) => this.#unknown([...issue.path, key]));
      const value = this.#valueAt(issue.path);
      const message = issueText(issue, value);
      return [this.#problem(issue.path, message, shownValue(value, message))];
    });
  }

  conflicts(conflicts: readonly Conflict[]): Problem[] {
    return conflicts.map(({ path, message }) => this.#problem(path, message, ""));
  }

  /** A file that holds a secret must be its owner's, or a group's. */
  secrets(): Problem[] {
    const { given, sources, file } = this.#evidence;
    return Object.entries(given).flatMap(([key, value]) => {
      const isSecret = sources.get(key) === "file" && typeof value === "string" && isInviteUrl(value);
      if (!isSecret || file === null || !file.isOpenToOthers) return [];
      const why = `an invite is a secret, and every user of this machine may read this file: run 'chmod o= ${file.path}'`;
      return [this.#problem([key], why, "")];
    });
  }

  #problem(path: readonly PropertyKey[], message: string, shown: string): Problem {
    const source = this.#evidence.sources.get(String(path[0]));
    if (source === "file") return this.#evidence.file!.problem([this.#section, ...path], message, shown);
    return { at: null, subject: `${this.#name(path, source)}${shown}`, message };
  }

  #unknown(path: readonly PropertyKey[]): Problem {
    const known = keysOf(path.slice(0, -1).reduce<z.ZodType | undefined>(inner, this.#schema));
    if (this.#evidence.sources.get(String(path[0])) === "file")
      return this.#evidence.file!.unknownKey([this.#section, ...path], known);
    return {
      at: null,
      subject: path.join("."),
      message: `there is no such option: known are ${known.join(", ")}`,
    };
  }

  /** "--listen[0]", "TAPSWITCH_LISTEN[0]". */
  #name([first, ...rest]: readonly PropertyKey[], source: Source | undefined): string {
    const option = this.#evidence.options.find(({ key }) => key === first);
    const name = (source === "environment" ? option?.environment : option?.flag) ?? String(first);
    return `${name}${rest.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("")}`;
  }

  #valueAt(path: readonly PropertyKey[]): unknown {
    return path.reduce<unknown>(
      (node, key) => (node as Record<PropertyKey, unknown> | undefined)?.[key],
      this.#evidence.given,
    );
  }
}

/** The type at one key of another. */
function inner(type: z.ZodType | undefined, key: PropertyKey): z.ZodType | undefined {
  const bare = type === undefined ? undefined : bareType(type);
  if (bare instanceof z.ZodObject) return bare.shape[String(key)] as z.ZodType | undefined;
  if (bare instanceof z.ZodRecord) return bare.valueType as z.ZodType;
  return bare instanceof z.ZodArray ? (bare.element as z.ZodType) : undefined;
}

function keysOf(type: z.ZodType | undefined): string[] {
  const bare = type === undefined ? undefined : bareType(type);
  return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
}
