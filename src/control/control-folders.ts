/**
 * Where control sockets may be, by what they are called; nobody is asked whether somebody answers. Loads next to
 * nothing, because Wireshark waits for it.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { defaultStateFolder } from "../state/state-path.js";

const MACHINE = "/run/tapswitch";
const SOCKET = /^(control|control-\d+|join-.+)\.sock$/;

export type ControlRole = "serve" | "join";

/** A control socket, and whose it is. */
export interface ControlFile {
  readonly path: string;
  readonly role: ControlRole;
}

/**
 * All there are. Below the folders only a `join` has its socket: whoever it belongs to must not pass for the server
 * that root asks for an invite.
 */
export function controlFiles(): ControlFile[] {
  const bases = [machineFolder(), ...(isFolderGiven() ? [] : [...userFolders(), defaultStateFolder()])];
  const below = bases.flatMap((base) => entriesOf(base).map((name) => join(base, name))).filter(isFolder);
  const handedOver = below.flatMap(controlFilesIn).filter(({ role }) => role === "join");
  return [...bases.flatMap(controlFilesIn), ...handedOver];
}

export function controlFilesIn(folder: string): ControlFile[] {
  return entriesOf(folder)
    .filter((file) => SOCKET.test(file))
    .map((file) => ({ path: join(folder, file), role: file.startsWith("join-") ? "join" : "serve" }));
}

/** Where a server that was given a state folder has its socket, unless told otherwise. */
export function controlIn(stateFolder: string): string {
  return join(stateFolder, "control.sock");
}

/** True where the folder of this process is named by whoever started it. */
export function isFolderGiven(): boolean {
  return process.env["RUNTIME_DIRECTORY"] !== undefined;
}

/** The folder of this machine's sockets. */
export function machineFolder(): string {
  return process.env["RUNTIME_DIRECTORY"]?.split(":")[0] ?? MACHINE;
}

/** Those of one user, who is not root. */
export function userFolders(): string[] {
  const runtime = process.env["XDG_RUNTIME_DIR"];
  return runtime?.startsWith("/") && process.geteuid!() !== 0 ? [join(runtime, "tapswitch")] : [];
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // not there, or not for us
  }
}
