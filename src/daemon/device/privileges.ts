/**
 * Gives up root once the device is open. What stays is what reconnecting needs: the open device, whose offloads and
 * carrier its holder may change, the key in memory, and the folder of known servers. What goes with root: following
 * another MTU of the network, and hooks that need rights, which run as the new user too.
 */
import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  lchownSync,
  openSync,
  readdirSync,
  readFileSync,
} from "node:fs";
import { join } from "node:path";
import { errnoOf, TapswitchError } from "../../errors.js";
import type { Log } from "../log.js";

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Left out of the types of Node. */
interface Rights {
  initgroups(user: string, extraGroup: number): void;
}

/** Finds the user by name or number. Throws `usage`. */
export function findUser(wanted: string): User {
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const [name = "", , uid = "", gid = ""] = line.split(":");
    if (name !== "" && (name === wanted || uid === wanted))
      return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new TapswitchError("usage", `--user '${wanted}': there is no such user on this machine`);
}

/**
 * Gives a folder and the files in it to the user. The folder may have been that user's before, who could have put
 * links there that lead to files of root: only what has its one name in this folder changes hands.
 */
export function giveFolder(folder: string, { uid, gid }: User): void {
  for (const name of readdirSync(folder)) giveFile(join(folder, name), uid, gid);
  lchownSync(folder, uid, gid);
}

function giveFile(path: string, uid: number, gid: number): void {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return; // a link, a socket, or gone
  }
  try {
    const stat = fstatSync(fd);
    if (stat.isFile() && stat.nlink === 1) fchownSync(fd, uid, gid);
  } finally {
    closeSync(fd);
  }
}

/** Gives the folder to the user, and becomes that user, for good. Throws `no-permission`. */
export function becomeUser(user: User, folder: string | undefined, log: Log): void {
  const { name, uid, gid } = user;
  if (folder !== undefined) giveFolder(folder, user);
  try {
    (process as unknown as Rights).initgroups(name, gid);
    process.setgid!(gid);
    process.setuid!(uid);
  } catch (cause) {
    throw new TapswitchError(
      "no-permission",
      `cannot become user '${name}' (${errnoOf(cause)}): --user needs root`,
      {
        cause,
      },
    );
  }
  log.info({ uid, gid }, `became user ${name}`);
}
