/** Standard input and output as the cable. Who held the other end has left when it ends, so this process does, too. */
import type { StdioEndpoint } from "../../config/endpoint/stdio.js";
import { openStdio } from "../../link/stdio.js";
import type { OpenedWire, WirePlace } from "./wire-kind.js";

/** Rejects with `usage`. */
export async function openStdioWire(_: StdioEndpoint, { signal, log }: WirePlace): Promise<OpenedWire> {
  const ended = (): void => {
    if (signal.aborted) return;
    log.info("standard input has ended: so does this process");
    // As if a service manager had asked for it: the command line is who ends a process.
    process.emit("SIGTERM");
  };
  return { link: openStdio(ended) };
}
