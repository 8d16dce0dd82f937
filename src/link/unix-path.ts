/** What surrounds the path of a Unix socket: who may use it, and what a crash leaves behind. */
import { chmodSync, chownSync, lstatSync, readFileSync, statSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import { constants } from "node:os";
import { dirname } from "node:path";
import { getSystemErrorName } from "node:util";
import { errnoOf, TapswitchError } from "../errors.js";
import { native } from "../native/native.js";
import { unixAddress } from "../native/socket-address.js";

export interface UnixPath {
  readonly path: string;
  readonly mode: number | undefined;
  readonly group: string | undefined;
}

/** A socket's path outlives a crash. It is replaced if nobody answers there, and never if it is something else. */
export async function removeStale(
  path: string,
  ask: (path: string) => Promise<Answer> = askPath,
): Promise<void> {
  // Binding would call a missing folder a lack of rights.
  onPath(`listen on '${path}'`, () => statSync(dirname(path)));
  const found = onPath(`look at '${path}'`, () => lstatSync(path, { throwIfNoEntry: false }));
  if (found === undefined) return;
  if (!found.isSocket())
    throw new TapswitchError("in-use", `'${path}' exists and is no socket: choose another path`);
  if ((await ask(path)) !== "nobody") {
    throw new TapswitchError("in-use", `another process serves '${path}': stop it or choose another path`);
  }
  onPath(`remove '${path}', which a process has left,`, () => unlinkSync(path));
}

/** Makes a call on the file system; an error says what could not be done. Throws `no-permission`, `usage`, `system`. */
export function onPath<T>(what: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    const errno = errnoOf(cause) ?? "";
    const failed = `cannot ${what} (${errno})`;
    if (errno === "EACCES" || errno === "EPERM") {
      const fix = "run as its owner, or choose a folder you may write to";
      throw new TapswitchError("no-permission", `${failed}: ${fix}`, { cause });
    }
    if (errno === "ENOENT" || errno === "ENOTDIR")
      throw new TapswitchError("usage", `${failed}: the folder does not exist`, { cause });
    throw new TapswitchError("system", failed, { cause });
  }
}

/** What a path is to someone who connects. */
export type Answer = "somebody" | "nobody" | "absent" | "denied";

/** Connects and leaves again. */
export function askPath(path: string): Promise<Answer> {
  return new Promise((resolve) => {
    const probe = connect({ path }, () => {
      probe.destroy();
      resolve("somebody");
    });
    // ECONNREFUSED is the only answer of a path that nobody holds; what is not listed may be a live server.
    probe.on("error", (error) => resolve(ANSWERS[errnoOf(error) ?? ""] ?? "somebody"));
  });
}

const ANSWERS: Readonly<Record<string, Answer>> = {
  ECONNREFUSED: "nobody",
  ENOENT: "absent",
  ENOTDIR: "absent",
  EACCES: "denied",
  EPERM: "denied",
};

/** As `askPath`, of a socket for datagrams. */
export async function askDatagramPath(path: string): Promise<Answer> {
  const fd = native().openDatagram(unixAddress(""));
  const failed = native().connectDatagram(fd, unixAddress(path));
  native().closeSocket(fd);
  // EPERM is what somebody answers who is connected to another.
  if (failed === 0 || failed === -constants.errno.EPERM) return "somebody";
  return ANSWERS[getSystemErrorName(failed)] ?? "somebody";
}

/** Gives the path to a group and sets its permission bits, as far as given. Throws `usage`, `no-permission`. */
export function setRights({ path, mode, group }: UnixPath): void {
  const gid = group === undefined ? undefined : groupId(group);
  onPath(`set the mode or group of '${path}'`, () => {
    if (gid !== undefined) chownSync(path, process.getuid!(), gid);
    if (mode !== undefined) chmodSync(path, mode);
  });
}

/** Its number, by name or number. Throws `usage`. */
export function groupId(group: string): number {
  if (/^\d+$/.test(group)) return Number(group);
  const line = readFileSync("/etc/group", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${group}:`));
  if (line === undefined) throw new TapswitchError("usage", `there is no group '${group}' on this machine`);
  return Number(line.split(":")[2]);
}
