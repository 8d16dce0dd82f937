import { z } from "zod";
import { TapswitchError } from "../errors.js";
import { type Endpoint, parseEndpoint } from "./endpoint.js";
import { type HttpEndpoint, parseHttpEndpoint } from "./http-endpoint.js";

/** An endpoint URL, parsed. */
export const endpoint = parsed<Endpoint>(parseEndpoint);
/** Where the web page is served, parsed. */
export const httpEndpoint = parsed<HttpEndpoint>(parseHttpEndpoint);

function parsed<Value>(parse: (text: string) => Value) {
  return z.string().transform((text, context): Value => {
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
    .refine((value) => Number.isSafeInteger(value) && value >= least && value <= most, rule);
}

/**
 * Parses `given` by `schema`. Throws `usage`: which option, what it was, what it may be. `argument` names the key
 * that is given without a flag.
 */
export function parseConfig<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
  argument?: string,
): z.output<Schema> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const flag = issue.path.map((key) => (key === argument ? key : flagName(key))).join("") || "configuration";
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
