/**
 * Where control sockets are when nobody says: in one folder for this machine, so that commands find them. A `serve`
 * is `control.sock` there and a `join` is `join-DEVICE.sock`; where that is taken, its process number is added.
 *
 * The folder is `$RUNTIME_DIRECTORY` (a systemd unit's), else /run/tapswitch for root and tapswitch in
 * `$XDG_RUNTIME_DIR` for others, else the state folder. What another user could change is not used.
 */
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, TapswitchError } from "../errors.js";
import { type Answer, askPath } from "../link/unix-path.js";
import { defaultStateFolder, openStateFolder } from "../state/state-folder.js";

const MACHINE = "/run/tapswitch";
const SOCKET = /^(control|control-\d+|join-.+)\.sock$/;
const NUMBERED = /-\d+\.sock$/;

export type ControlRole = "serve" | "join";

/** A control socket, whose it is, and what it says to us. */
interface Found {
  readonly path: string;
  readonly role: ControlRole;
  readonly answer: Answer;
}

/** Where a socket of this process may be, the best first; none where there is no folder for it. `name`: "join-tap0". */
export async function controlPaths(name: string): Promise<string[]> {
  const folder = usableFolder();
  if (folder === null) return [];
  for (const left of entries(folder).filter((file) => SOCKET.test(file) && NUMBERED.test(file)))
    if ((await askPath(join(folder, left))) === "nobody") rmSync(join(folder, left), { force: true });
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

async function findControls(): Promise<Found[]> {
  const found: Found[] = [];
  for (const folder of folders()) {
    for (const file of entries(folder).filter((name) => SOCKET.test(name))) {
      const path = join(folder, file);
      const role = file.startsWith("join-") ? "join" : "serve";
      found.push({ path, role, answer: await askPath(path) });
    }
  }
  return found;
}

/** Where sockets may be: the folders, and what processes that gave up root have below them. */
function folders(): string[] {
  const bases = [machineFolder(), ...(isGiven() ? [] : [...userFolders(), defaultStateFolder()])];
  const below = bases.flatMap((base) => entries(base).map((name) => join(base, name)));
  return [...bases, ...below.filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory())];
}

/** The first folder that is ours to use. */
function usableFolder(): string | null {
  const handedOver = join(machineFolder(), String(process.geteuid!()));
  const found = [machineFolder(), handedOver, ...(isGiven() ? [] : userFolders())].find(makeFolder);
  if (found !== undefined || isGiven()) return found ?? null;
  try {
    return openStateFolder();
  } catch (error) {
    if (error instanceof TapswitchError) return null;
    throw error;
  }
}

function isGiven(): boolean {
  return process.env["RUNTIME_DIRECTORY"] !== undefined;
}

function machineFolder(): string {
  return process.env["RUNTIME_DIRECTORY"]?.split(":")[0] ?? MACHINE;
}

function userFolders(): string[] {
  const runtime = process.env["XDG_RUNTIME_DIR"];
  return runtime?.startsWith("/") && process.geteuid!() !== 0 ? [join(runtime, "tapswitch")] : [];
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
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  const isMine = stat?.isDirectory() === true && stat.uid === process.geteuid!();
  return isMine && (stat.mode & 0o022) === 0;
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // not there, or not for us
  }
}
