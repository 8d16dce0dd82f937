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

export function controlFiles(): ControlFile[] {
  return controlFolders().flatMap((folder) => controlFilesIn(folder));
}

export function controlFilesIn(folder: string): ControlFile[] {
  return entriesOf(folder)
    .filter((file) => SOCKET.test(file))
    .map((file) => ({ path: join(folder, file), role: file.startsWith("join-") ? "join" : "serve" }));
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

/** The folders, and what processes that gave up root have below them. */
function controlFolders(): string[] {
  const bases = [machineFolder(), ...(isFolderGiven() ? [] : [...userFolders(), defaultStateFolder()])];
  const below = bases.flatMap((base) => entriesOf(base).map((name) => join(base, name)));
  return [...bases, ...below.filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory())];
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // not there, or not for us
  }
}
