/** A program as the cable; what it says on standard error goes to the log, so much of it. */
import type { ExecEndpoint } from "../../config/endpoint/exec.js";
import { openExec } from "../../link/exec.js";
import { LogLimiter } from "../log-limiter.js";
import type { OpenedWire, WirePlace } from "./wire-kind.js";

/** Rejects with `system`. */
export async function openExecWire(
  { command, framing }: ExecEndpoint,
  { log, clock }: WirePlace,
): Promise<OpenedWire> {
  const limiter = new LogLimiter(clock);
  const said = (line: string): void =>
    limiter.note("line", (leftOut) =>
      log.info(leftOut > 0 ? { leftOut } : {}, `exec ${shortened(command)}: ${line}`),
    );
  return { link: await openExec({ command, framing, said }) };
}

/** The name of the program, without the words behind it: they may be secrets. */
function shortened(command: string): string {
  return command.split(/\s/, 1)[0]!;
}
