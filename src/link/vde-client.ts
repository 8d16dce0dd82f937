/**
 * A port of a running VDE switch. Its control socket gives us the address that takes our frames; as long as that
 * connection stays open there is a port.
 */
import { connect, type Socket } from "node:net";
import { getSystemErrorName } from "node:util";
import { errnoOf, TapswitchError } from "../errors.js";
import { native } from "../native/native.js";
import { UNIX_ADDRESS, unixAddress, unixPath } from "../native/socket-address.js";
import { DatagramLink } from "./datagram.js";
import { bindDatagramPath, releaseDatagramPath, removePath } from "./unixgram.js";
import { writeVdeRequest } from "./vde-request.js";

/** What a VDE switch takes: 14 bytes of header and 1,504 more. It cuts off what is above, without a word. */
export const VDE_MAX_FRAME = 1_518;
/** How long a switch may take to answer. */
const ANSWER_MS = 5_000;
/** Whoever may enter the folder may send to us: the switch may run as another user. */
const MODE = 0o770;

export interface VdeClientOptions {
  /** Folder of the switch, with the socket `ctl` in it. */
  readonly folder: string;
  /** Number of the port to ask for, or 0. */
  readonly port?: number;
  /** What the switch calls us. */
  readonly description?: string;
}

let opened = 0;

/** Plugs into the switch. Rejects with `unreachable`, `no-permission`, `timeout`, `protocol`, `usage`. */
export async function openVde({
  folder,
  port = 0,
  description = "tapswitch",
}: VdeClientOptions): Promise<DatagramLink> {
  const control = await dial(folder);
  const local = `${folder}/.tapswitch-${process.pid}-${opened++}`;
  let fd = -1;
  try {
    fd = await bindDatagramPath({ path: local, mode: MODE, group: undefined });
    const answered = answer(control, folder);
    control.write(writeVdeRequest({ path: local, port, description }));
    connectTo(fd, await answered);
  } catch (error) {
    control.destroy();
    if (fd >= 0) releaseDatagramPath(fd, local);
    throw error;
  }
  const ended = (): void => {
    control.destroy();
    removePath(local);
  };
  const link = new DatagramLink({ kind: "vde", peer: folder, fd, maxFrame: VDE_MAX_FRAME, ended });
  const gone = (): void =>
    link.close(new TapswitchError("unreachable", `the VDE switch ${folder} went away`));
  if (control.destroyed) gone();
  else control.on("close", gone);
  return link;
}

/** Connects to the control socket. */
function dial(folder: string): Promise<Socket> {
  const path = `${folder}/ctl`;
  return new Promise((resolve, reject) => {
    const control = connect({ path }, () => resolve(control));
    control.on("error", (cause) => {
      const errno = errnoOf(cause) ?? "";
      const failed = `cannot plug into the VDE switch ${folder} (${errno})`;
      const error =
        errno === "EACCES" || errno === "EPERM"
          ? new TapswitchError("no-permission", `${failed}: run as a member of its group`, { cause })
          : new TapswitchError("unreachable", `${failed}: nobody serves ${path}`, { cause });
      reject(error);
    });
  });
}

/** Waits for the address of the switch's own socket. */
function answer(control: Socket, folder: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const late = setTimeout(
      () => reject(new TapswitchError("timeout", `the VDE switch ${folder} gave no answer`)),
      ANSWER_MS,
    );
    control.on("data", (piece) => {
      if (bytes.length < UNIX_ADDRESS) bytes = Buffer.concat([bytes, piece]).subarray(0, UNIX_ADDRESS);
      if (bytes.length < UNIX_ADDRESS) return;
      clearTimeout(late);
      resolve(bytes);
    });
    control.on("close", () => {
      clearTimeout(late);
      reject(new TapswitchError("unreachable", `the VDE switch ${folder} refused us a port`));
    });
  });
}

function connectTo(fd: number, address: Buffer): void {
  const path = unixPath(address);
  if (path === null)
    throw new TapswitchError("protocol", "the VDE switch answered with no path for our frames");
  const failed = native().connectDatagram(fd, unixAddress(path));
  if (failed !== 0) {
    const errno = getSystemErrorName(failed);
    throw new TapswitchError("unreachable", `cannot send to the VDE switch's '${path}' (${errno})`);
  }
}
