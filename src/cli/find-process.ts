/**
 * Which running process a command asks: the one behind `--control`, or behind the variables that `serve` and `join` read
 * too, else the only one that there is.
 */
import { existsSync } from "node:fs";
import { Option } from "commander";
import { type ControlClient, connectControl } from "../control/control-client.js";
import { controlIn } from "../control/control-folders.js";
import { soleControlPath } from "../control/control-path.js";
import { TapswitchError } from "../errors.js";

/** `usual`: what is asked without it. */
export function controlOption(usual = "the only one there is"): Option {
  const text = `control socket of the process to ask (default: ${usual})`;
  return new Option("--control <path>", text).env("TAPSWITCH_CONTROL");
}

export function stateOption(description: string): Option {
  const text = `${description} (default: /var/lib/tapswitch for root)`;
  return new Option("--state <dir>", text).env("TAPSWITCH_STATE");
}

/** The running process. Throws `unreachable`, `no-permission`. */
export async function findProcess(control: string | undefined): Promise<ControlClient> {
  const path = control || (stateControl() ?? (await soleControlPath()));
  const client = path === null ? null : await connectControl(path);
  if (client !== null) return client;
  throw new TapswitchError(
    "unreachable",
    path === null
      ? "nothing runs here: start 'tapswitch serve' or 'join', or name its socket with --control; of 'serve --state DIR' it is DIR/control.sock"
      : `nothing runs behind '${path}': start 'tapswitch serve' or 'join', or name its socket with --control`,
  );
}

/** A server keeps its socket in the state folder that it was given. */
function stateControl(): string | null {
  const folder = process.env["TAPSWITCH_STATE"];
  const path = folder ? controlIn(folder) : null;
  return path !== null && existsSync(path) ? path : null;
}
