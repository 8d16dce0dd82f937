import type { LogFormat, LogLevel } from "../config/log-options.js";
import { createLog, type Log } from "../daemon/log.js";
import { logStyle } from "../daemon/service/log-style.js";

/** A log on standard error, as the configuration says. */
export function openLog({ logLevel, logFormat }: { logLevel: LogLevel; logFormat: LogFormat }): Log {
  const write = (line: string): void => void process.stderr.write(line);
  const style = logStyle(logFormat, process.env["JOURNAL_STREAM"]);
  return createLog({ level: logLevel, ...style, write });
}
