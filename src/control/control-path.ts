/**
 * Where control sockets are when nobody says: in one folder for this machine, so that commands find them. A `serve`
 * is `control.sock` there and a `join` is `join-DEVICE.sock`, or `join-NETWORK.sock` without one; where that is taken, its process number is added.
 *
 * The folder is `$RUNTIME_DIRECTORY` (a systemd unit's), else /run/tapswitch for root and tapswitch in
 * `$XDG_RUNTIME_DIR` for others, else the state folder. What another user could change is not used.
 */
import { chmodSync, chownSync, lstatSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, TapswitchError } from "../errors.js";
import { type Answer, askPath } from "../link/unix-path.js";
import { openStateFolder } from "../state/state-folder.js";
import {
  type ControlFile,
  type ControlRole,
  controlFiles,
  controlFilesIn,
  isFolderGiven,
  machineFolder,
  userFolders,
} from "./control-folders.js";

const NUMBERED = /-\d+\.sock$/;

/** A control socket, and what it says to us. */
export interface FoundControl extends ControlFile {
  readonly answer: Answer;
}

/** Where a socket of this process may be, the best first; none where there is no folder for it. `name`: "join-tap0". */
export async function controlPaths(name: string): Promise<string[]> {
  const folder = (name.startsWith("join-") ? handedOver() : null) ?? usableFolder();
  if (folder === null) return [];
  for (const { path } of controlFilesIn(folder).filter((left) => NUMBERED.test(left.path)))
    if ((await askPath(path)) === "nobody") rmSync(path, { force: true });
  return [join(folder, `${name}.sock`), join(folder, `${name}-${process.pid}.sock`)];
}

/** For a process that will give up root: a folder of its own in the machine's, which it can clear up then. */
export function prepareControlFolder({ uid, gid }: { readonly uid: number; readonly gid: number }): void {
  const folder = join(machineFolder(), String(uid));
  if (makeFolder(machineFolder()) && makeFolder(folder)) chownSync(folder, uid, gid);
}

/**
 * The one control socket that a command can mean, null where nobody runs. Throws `usage` where there are several,
 * `no-permission` where they are somebody else's.
 */
export async function soleControlPath(role?: ControlRole): Promise<string | null> {
  const all = (await findControls()).filter((one) => role === undefined || one.role === role);
  const [one, another] = all.filter(({ answer }) => answer === "somebody");
  const denied = all.find(({ answer }) => answer === "denied");
  if (another !== undefined) {
    const paths = all
      .filter(({ answer }) => answer === "somebody")
      .map((each) => `${each.path} (${each.role})`);
    throw new TapswitchError("usage", `several run here, say which by --control PATH: ${paths.join(", ")}`);
  }
  if (one === undefined && denied !== undefined)
    throw new TapswitchError(
      "no-permission",
      `cannot ask the process at '${denied.path}' (EACCES): run as its owner, or start 'serve' with --group`,
    );
  return one?.path ?? null;
}

/** All that there are where they are by default. */
export async function findControls(): Promise<FoundControl[]> {
  const found: FoundControl[] = [];
  for (const file of controlFiles()) found.push({ ...file, answer: await askPath(file.path) });
  return found;
}

/** The first folder that is ours to use. */
function usableFolder(): string | null {
  const found = [machineFolder(), ...(isFolderGiven() ? [] : userFolders())].find(makeFolder);
  if (found !== undefined || isFolderGiven()) return found ?? null;
  try {
    return openStateFolder();
  } catch (error) {
    if (error instanceof TapswitchError) return null;
    throw error;
  }
}

/** What root has prepared for us before it became us. */
function handedOver(): string | null {
  const folder = join(machineFolder(), String(process.geteuid!()));
  return process.geteuid!() !== 0 && isOf(0, machineFolder()) && isOf(process.geteuid!(), folder)
    ? folder
    : null;
}

/** Makes the folder if need be; false where that cannot be, or where it is in others' hands. */
function makeFolder(folder: string): boolean {
  try {
    mkdirSync(folder);
    // Whatever the umask: a socket in it may belong to a group.
    chmodSync(folder, 0o755);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") return false;
  }
  return isOf(process.geteuid!(), folder);
}

/** Whether it is a folder that nobody but the user and root can change. */
function isOf(uid: number, folder: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === uid && (stat.mode & 0o022) === 0;
}
