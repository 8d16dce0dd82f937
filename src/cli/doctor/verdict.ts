/** What a check has found: how bad it is, in one sentence, and what to do about it. */
import { z } from "zod";

export const LEVELS = ["pass", "warn", "fail", "skip"] as const;
export type Level = (typeof LEVELS)[number];

export interface Verdict {
  readonly level: Level;
  readonly text: string;
  readonly fix?: string | undefined;
}

/** A check looks at facts that somebody else has gathered, so that each verdict can be tried without the machine. */
export type Check<Facts> = (facts: Facts) => Verdict;

export const Report = z.object({
  /** Nothing failed. */
  ok: z.boolean(),
  findings: z.array(
    z.object({
      /** What it is about: this host, what runs on it, the server. */
      about: z.enum(["host", "running", "server"]),
      check: z.string(),
      /** skip: it could not be checked here, and `text` says why. */
      level: z.enum(LEVELS),
      text: z.string(),
      /** What to do. */
      fix: z.string().optional(),
    }),
  ),
});
export type Report = z.output<typeof Report>;
export type Finding = Report["findings"][number];

export const pass = (text: string): Verdict => ({ level: "pass", text });
export const skip = (text: string, fix?: string): Verdict => ({ level: "skip", text, fix });
export const warn = (text: string, fix: string): Verdict => ({ level: "warn", text, fix });
export const fail = (text: string, fix: string): Verdict => ({ level: "fail", text, fix });

/** Makes each check of the table. */
export function findings<Facts>(
  about: Finding["about"],
  checks: Readonly<Record<string, Check<Facts>>>,
  facts: Facts,
): Finding[] {
  return Object.entries(checks).map(([check, judge]) => ({ about, check, ...judge(facts) }));
}
