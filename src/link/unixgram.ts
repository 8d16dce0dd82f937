/**
 * The two ends of a Unix datagram path that have to be bound before anything flows: a peer knows us by our path, as
 * QEMU's `-netdev dgram` and vfkit's kind of VM do.
 */
import { unlinkSync } from "node:fs";
import { getSystemErrorName } from "node:util";
import { TapswitchError } from "../errors.js";
import { native } from "../native/native.js";
import { unixAddress } from "../native/socket-address.js";
import { DatagramLink } from "./datagram.js";
import { askDatagramPath, onPath, removeStale, setRights, type UnixPath } from "./unix-path.js";

/** Binds a socket for datagrams to a path, in place of one that a crash has left. Answers the descriptor. */
export async function bindDatagramPath(at: UnixPath): Promise<number> {
  const { path } = at;
  await removeStale(path, askDatagramPath);
  const fd = onPath(`listen on '${path}'`, () => native().openDatagram(unixAddress(path)));
  try {
    setRights(at);
  } catch (error) {
    releaseDatagramPath(fd, path);
    throw error;
  }
  return fd;
}

/** Gives a bound path back. */
export function releaseDatagramPath(fd: number, path: string): void {
  native().closeSocket(fd);
  removePath(path);
}

/** Removes the path of a socket that is closed, unless somebody did it before. */
export function removePath(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Its folder has gone with it.
  }
}

export interface UnixgramOptions {
  /** Where the peer is bound. */
  readonly path: string;
  /** Where we are, for the peer to send to. */
  readonly local: UnixPath;
}

/** A link to the one peer that is bound to a path. Rejects with `unreachable` where there is none yet. */
export async function openUnixgram({ path, local }: UnixgramOptions): Promise<DatagramLink> {
  const fd = await bindDatagramPath(local);
  const address = unixAddress(path);
  const failed = native().connectDatagram(fd, address);
  if (failed !== 0) {
    releaseDatagramPath(fd, local.path);
    const errno = getSystemErrorName(failed);
    throw new TapswitchError("unreachable", `nobody takes datagrams at '${path}' (${errno})`);
  }
  return new DatagramLink({ kind: "unixgram", peer: path, fd, address, ended: () => removePath(local.path) });
}
