/** What the commands share that look into a running process. */
import type { Command } from "commander";
import type { ControlClient } from "../control/control-client.js";
import { controlOption, findProcess } from "./find-process.js";
import { type JsonOptions, type Output, printing } from "./json-options.js";

export interface InspectOptions extends JsonOptions {
  readonly control?: string;
}

/** Adds the shared flags, and runs the command unless only its schema was asked for. */
export function inspecting<Options extends InspectOptions>(
  command: Command,
  output: Output<Options>,
  run: (client: ControlClient, options: Options, args: readonly string[]) => Promise<void>,
): Command {
  return printing(command.addOption(controlOption()), output, async (options: Options, args) =>
    run(await findProcess(options.control), options, args),
  );
}
