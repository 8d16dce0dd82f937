/**
 * The folder that VDE's clients are given, and who may use what is in it. As with the original switch, `mode` is that
 * of the sockets, and the folder may be entered by whoever it lets in.
 */
import { chmodSync, chownSync, mkdirSync, readdirSync, rmdirSync, statSync } from "node:fs";
import { groupId, onPath, removeStale, type UnixPath } from "./unix-path.js";
import { removePath } from "./unixgram.js";

/** As the original switch: for its own user alone. */
const DEFAULT_MODE = 0o600;
/** Sockets of ports that we have named. */
const DATA_SOCKET = /^\d{3,}\.data$/;

export class VdeFolder {
  readonly path: string;
  readonly mode: number;
  readonly gid: number | undefined;
  /** It was not there before. */
  readonly #made: boolean;

  private constructor({ path, mode = DEFAULT_MODE, group }: UnixPath, made: boolean) {
    this.path = path;
    this.mode = mode;
    this.gid = group === undefined ? undefined : groupId(group);
    this.#made = made;
  }

  /** Makes the folder, or takes over what a crash has left. Rejects with `in-use`, `no-permission`, `usage`. */
  static async open(at: UnixPath): Promise<VdeFolder> {
    const made = onPath(`make the folder '${at.path}'`, () => makeFolder(at.path));
    const folder = new VdeFolder(at, made);
    await removeStale(folder.control);
    for (const name of readdirSync(at.path)) if (DATA_SOCKET.test(name)) removePath(`${at.path}/${name}`);
    if (made || at.mode !== undefined || at.group !== undefined) folder.#setRights();
    return folder;
  }

  get control(): string {
    return `${this.path}/ctl`;
  }

  /** The path of a port's socket. */
  data(port: number): string {
    return `${this.path}/${String(port).padStart(3, "0")}.data`;
  }

  /** Gives a socket in the folder to whom it is for: a user, where that is given and we may, or the group. */
  giveAway(path: string, user: number | undefined): void {
    onPath(`set the mode or group of '${path}'`, () => {
      const isOurs = user === undefined || process.geteuid!() !== 0;
      chmodSync(path, isOurs ? this.mode : this.mode & 0o700);
      if (!isOurs || this.gid !== undefined)
        chownSync(path, isOurs ? process.geteuid!() : user, this.gid ?? process.getegid!());
    });
  }

  /** Removes it where we have made it, unless somebody has put something there. */
  remove(): void {
    if (!this.#made) return;
    try {
      rmdirSync(this.path);
    } catch {
      // Not empty, or gone already.
    }
  }

  #setRights(): void {
    onPath(`set the mode or group of '${this.path}'`, () => {
      if (this.gid !== undefined) chownSync(this.path, process.geteuid!(), this.gid);
      chmodSync(this.path, 0o2000 | enterable(this.mode));
    });
  }
}

/** False if it was there. */
function makeFolder(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return false;
  mkdirSync(path, { mode: 0o700 });
  return true;
}

/** The mode of a folder whose sockets have `mode`: whoever may use them may enter it. */
function enterable(mode: number): number {
  const may = (bits: number): boolean => (mode & bits) !== 0;
  return mode | (may(0o600) ? 0o100 : 0) | (may(0o060) ? 0o010 : 0) | (may(0o006) ? 0o001 : 0);
}
