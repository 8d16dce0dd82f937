import type { z } from "zod";

const EXPECTED: Readonly<Record<string, string>> = {
  string: "text is expected",
  array: "a list is expected: begin each entry with '- ' on a line of its own",
  object: "options are expected, each as 'name: value' on a line of its own",
  record: "names are expected, each with ':' behind it on a line of its own",
};

/** What is wrong with a value, in words for the person who wrote it. */
export function issueText(issue: z.core.$ZodIssue, value: unknown): string {
  const isOurs = !issue.message.startsWith("Invalid ");
  if (issue.code === "invalid_type" && !isOurs) return typeText(issue.expected, value);
  if (issue.code === "invalid_value") return `one of ${issue.values.join(", ")}`;
  // Of a mapping's key, which has no value: the rule is inside.
  if (issue.code === "invalid_key") return issue.issues[0]?.message ?? issue.message;
  return issue.message;
}

function typeText(expected: string, value: unknown): string {
  const rule = EXPECTED[expected] ?? `a ${expected} is expected`;
  if (value === undefined) return `it is missing: ${rule}`;
  const isScalar = typeof value === "number" || typeof value === "boolean";
  return expected === "string" && isScalar ? `${rule}: put it in quotes` : rule;
}
