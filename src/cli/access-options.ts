/** What the commands about members share: finding the server, or its folder where none runs. */
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { accessDesk } from "../control/access-desk.js";
import type { AccessCall, Questions } from "../control/api.js";
import { type ControlClient, connectControl } from "../control/control-client.js";
import { controlIn } from "../control/control-folders.js";
import { soleControlPath } from "../control/control-path.js";
import { openAccess } from "../daemon/access.js";
import { TapswitchError } from "../errors.js";
import { defaultStateFolder } from "../state/state-path.js";
import { controlOption, stateOption } from "./find-process.js";
import { type JsonOptions, type Output, printing } from "./json-options.js";

export interface AccessOptions extends JsonOptions {
  readonly state?: string;
  readonly control?: string;
}

/** Adds the shared flags, and runs the command unless only its schema was asked for. */
export function aboutAccess<Options extends AccessOptions>(
  command: Command,
  output: Output<Options>,
  run: (options: Options, args: readonly string[]) => Promise<void>,
): Command {
  const usual = "the server that keeps this state, else the only one there is";
  command.addOption(stateOption("the server's state folder")).addOption(controlOption(usual));
  return printing(command, output, run);
}

/** Asks the running server; without one, takes the lock of its folder and works on that. */
export async function withAccess<Result>(
  { state, control }: AccessOptions,
  use: (desk: Questions<AccessCall>) => Result | Promise<Result>,
): Promise<Result> {
  const path = control || (state ? controlIn(state) : await ownServer());
  const running = path === null ? null : await connectControl(path);
  const isNamed = Boolean(control || state);
  if (running !== null && (isNamed || (await knowsMembers(running)))) return use(running);
  const access = openAccess(state || undefined);
  const { identity, book } = access;
  try {
    const address = (): string => {
      throw new TapswitchError(
        "usage",
        "no server runs here that knows its address: give --advertise host:port",
      );
    };
    const nobody = { connections: () => [], expel: () => 0 };
    return await use(accessDesk({ book, identity, networks: () => null, address, ...nobody, now: Date.now }));
  } finally {
    access.close();
  }
}

/** A server that asks nobody who they are has no members; its machine may have others' in the state folder. */
async function knowsMembers(server: ControlClient): Promise<boolean> {
  try {
    await server.identity({});
    return true;
  } catch (error) {
    if (error instanceof TapswitchError && error.code === "not-found") return false;
    throw error;
  }
}

/** Somebody else's server, which may not be asked, is nothing to those who have members of their own. */
async function ownServer(): Promise<string | null> {
  try {
    return await soleControlPath("serve");
  } catch (error) {
    const isDenied = error instanceof TapswitchError && error.code === "no-permission";
    if (isDenied && existsSync(defaultStateFolder())) return null;
    throw error;
  }
}
