/** Structured logs: JSON lines for machines, one readable line each for people. */
import { type Logger, pino } from "pino";
import type { LogLevel } from "../config/log-options.js";

export type Log = Logger;

const NAMES: Record<number, string> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warning",
  50: "error",
  60: "fatal",
};
/** Of syslog [sd-daemon(3)]: the journal takes "<4>" off a line and files it under that priority. */
const PRIORITIES: Record<number, number> = { 10: 7, 20: 7, 30: 6, 40: 4, 50: 3, 60: 2 };
/** What would begin a new line, or what a terminal obeys. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;
const HIDDEN = new Set(["level", "time", "msg", "pid", "hostname"]);

export interface LogOptions {
  readonly level: LogLevel;
  readonly json: boolean;
  /** Lines begin with their priority, for the journal. Default false. */
  readonly priority?: boolean;
  /** Takes each line, with its line feed. */
  readonly write: (line: string) => void;
}

export function createLog({ level, json, priority, write }: LogOptions): Log {
  const format = (line: string): string => (json ? line : readable(line));
  const put = (line: string): void => write(priority ? `<${priorityOf(line)}>${format(line)}` : format(line));
  return pino({ level, base: null }, { write: put });
}

function readable(line: string): string {
  const entry = JSON.parse(line) as Record<string, unknown>;
  const level = NAMES[entry["level"] as number] ?? "info";
  const time = new Date(entry["time"] as number).toISOString().slice(11, 23);
  const fields = Object.entries(entry).filter(([key]) => !HIDDEN.has(key));
  const details = fields.map(
    ([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : value}`,
  );
  const text = `${time} ${level === "info" ? "" : `${level}: `}${[entry["msg"], ...details].join(" ")}`;
  return `${text.replace(UNPRINTABLE, " ")}\n`;
}

function priorityOf(line: string): number {
  const { level } = JSON.parse(line) as { level: number };
  return PRIORITIES[level] ?? 6;
}
