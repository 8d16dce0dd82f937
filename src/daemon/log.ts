/** Structured logs: JSON lines for machines, one readable line each on a terminal. Always to standard error. */
import { type Logger, pino } from "pino";

export type Log = Logger;
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const NAMES: Record<number, string> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warning",
  50: "error",
  60: "fatal",
};
const HIDDEN = new Set(["level", "time", "msg", "pid", "hostname"]);

export function createLog(options: { level: LogLevel; json: boolean }): Log {
  const sink = { write: (line: string) => void process.stderr.write(options.json ? line : readable(line)) };
  return pino({ level: options.level, base: null }, sink);
}

function readable(line: string): string {
  const entry = JSON.parse(line) as Record<string, unknown>;
  const level = NAMES[entry["level"] as number] ?? "info";
  const time = new Date(entry["time"] as number).toISOString().slice(11, 23);
  const fields = Object.entries(entry).filter(([key]) => !HIDDEN.has(key));
  const details = fields.map(
    ([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : value}`,
  );
  return `${time} ${level === "info" ? "" : `${level}: `}${[entry["msg"], ...details].join(" ")}\n`;
}
