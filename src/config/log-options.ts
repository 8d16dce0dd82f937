import { z } from "zod";
import { ABOUT } from "./about.js";
import { yesNo } from "./fields.js";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What every long-running command can be told about its log. */
export const LOG_OPTIONS = {
  logLevel: z
    .enum(LOG_LEVELS)
    .default("info")
    .register(ABOUT, {
      description: `least important line to log: ${LOG_LEVELS.join(", ")}`,
      value: "level",
    }),
  logJson: yesNo().default(false).register(ABOUT, { description: "log JSON lines" }),
};
