/** How a log is written by default: for people where a terminal shows it, as JSON where anything else reads it. */
import { fstatSync } from "node:fs";
import { isatty } from "node:tty";
import type { LogFormat } from "../../config/log-options.js";

export interface LogStyle {
  readonly json: boolean;
  /** The journal reads it: lines begin with their priority. */
  readonly priority: boolean;
}

/** What is found out about the log's descriptor; passed in by tests. */
export interface LogTarget {
  readonly isTerminal: boolean;
  /** "device:inode" of what is open there. */
  readonly identity: string;
}

/** The style of a log; `journal` is JOURNAL_STREAM, which names the journal's stream where systemd opened one. */
export function logStyle(format: LogFormat, journal = "", target = standardError()): LogStyle {
  return {
    json: format === "auto" ? !target.isTerminal : format === "json",
    priority: journal !== "" && journal === target.identity,
  };
}

function standardError(): LogTarget {
  const { dev, ino } = fstatSync(2, { bigint: true });
  return { isTerminal: isatty(2), identity: `${dev}:${ino}` };
}
