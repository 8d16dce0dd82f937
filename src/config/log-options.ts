import { z } from "zod";
import { ABOUT } from "./about.js";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ["auto", "human", "json"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** What every long-running command can be told about its log. */
export const LOG_OPTIONS = {
  logLevel: z
    .enum(LOG_LEVELS)
    .default("info")
    .register(ABOUT, {
      description: `least important line to log: ${LOG_LEVELS.join(", ")}`,
      value: "level",
    }),
  logFormat: z.enum(LOG_FORMATS).default("auto").register(ABOUT, {
    description: "human, json, or auto: for people on a terminal, else JSON",
    value: "format",
  }),
};
