/** Types that options are made of. Each takes what a file holds, and the text that a flag or a variable holds. */
import { z } from "zod";
import { TapswitchError } from "../errors.js";

/** How a type is shown to editors, where the type itself takes more than people should write. */
export const JSON_FORM = z.registry<{ readonly form: Readonly<Record<string, unknown>> }>();

/** Text that `parse` understands; what it throws is what is wrong. `missing` is said where there is none. */
export function parsed<Value>(parse: (text: string) => Value, missing?: string) {
  const text = z.string({ error: ({ input }) => (input === undefined ? missing : undefined) });
  return text.transform((text, context): Value => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: (error as Error).message });
      return z.NEVER;
    }
  });
}

/** A whole number within bounds, also where it was written as text. */
export function whole(least: number, most: number) {
  const rule = `a whole number from ${least} to ${most}`;
  return z
    .union([z.number(), z.string().regex(/^\d+$/, rule).transform(Number)], rule)
    .refine((value) => Number.isSafeInteger(value) && value >= least && value <= most, rule)
    .register(JSON_FORM, { form: { type: "integer", minimum: least, maximum: most } });
}

/** True or false, also in words: YAML takes `yes` for text. */
export function yesNo() {
  const words = z.enum(["yes", "no", "true", "false", "1", "0"]);
  return z
    .union([z.boolean(), words.transform((word) => ["yes", "true", "1"].includes(word))], "yes or no")
    .register(JSON_FORM, { form: { enum: [true, false, "yes", "no"] } });
}

/**
 * Parses `given` by `schema`. Throws `usage`: which flag, what it was, what it may be. For commands that no
 * file configures.
 */
export function parseConfig<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const flag = issue.path.map(flagName).join("") || "configuration";
  const value = issue.path.reduce<unknown>(
    (node, key) => (node as Record<PropertyKey, unknown>)?.[key],
    given,
  );
  const isShort = typeof value === "string" || typeof value === "number";
  const shown = isShort && !issue.message.includes(`'${value}'`) ? ` '${value}'` : "";
  throw new TapswitchError("usage", `${flag}${shown}: ${issue.message}`);
}

function flagName(key: PropertyKey): string {
  if (typeof key === "number") return `[${key}]`;
  return `--${String(key).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
