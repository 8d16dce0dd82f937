/**
 * A descriptor that this process has inherited, as a link: a TAP, a stream of records, a socket whose every datagram
 * is a frame. What it is, the descriptor tells itself. It can be taken once: it is closed with its link, and whatever
 * has that number later was opened by this process for something else.
 */
import { fstatSync, readlinkSync } from "node:fs";
import { errnoOf, TapswitchError } from "../errors.js";
import { native } from "../native/native.js";
import { pairSocket } from "./cable.js";
import { DatagramLink } from "./datagram.js";
import type { Link } from "./link.js";
import { StreamLink } from "./stream.js";
import { TapLink } from "./tap.js";
import { TapDevice } from "./tap-device.js";

export interface InheritedOptions {
  /** Longest frame in bytes for a peer that may be a program such as QEMU or passt. */
  readonly maxFrame: number;
}

/** The descriptors of one process. */
export class InheritedDescriptors {
  readonly #taken = new Set<number>();

  /** Makes a link of descriptor `fd`. Throws `usage` and says what it is, where that is no link; `device-gone`. */
  open(fd: number, { maxFrame }: InheritedOptions): Link {
    if (this.#taken.has(fd)) {
      throw new TapswitchError(
        "device-gone",
        `descriptor ${fd} was closed when its link ended: start the program again with another`,
      );
    }
    const link = openTap(fd) ?? openSocket(fd, maxFrame);
    this.#taken.add(fd);
    return link;
  }
}

/** Null where it is no TAP. */
function openTap(fd: number): Link | null {
  try {
    const { name, vnet } = native().adoptTap(fd);
    const device = TapDevice.adopt({ fd, name, vnet: vnet === 1 });
    // Whatever another port cannot take, the switch finishes.
    device.setOffload(device.takes);
    return new TapLink(device);
  } catch (cause) {
    if (errnoOf(cause) === "ENOTTY" || errnoOf(cause) === "EINVAL" || errnoOf(cause) === "ENOTSUP")
      return null;
    throw explain(fd, cause);
  }
}

function openSocket(fd: number, maxFrame: number): Link {
  const peer = `fd ${fd}`;
  switch (kindOf(fd)) {
    case "stream":
      return new StreamLink((reader) => pairSocket(fd, reader), {
        kind: "fd",
        peer,
        capabilities: { maxFrame },
      });
    case "datagram":
    case "seqpacket":
      return new DatagramLink({ kind: "fd", peer, fd, maxFrame });
    case "listener":
      throw refused(fd, "a socket that listens", "listen on it with '--listen' and 'fd=NAME'");
    default:
      throw refused(fd, "a raw socket", "give the interface instead: nic:eth1");
  }
}

function kindOf(fd: number): ReturnType<ReturnType<typeof native>["socketKind"]> {
  try {
    return native().socketKind(fd);
  } catch (cause) {
    throw explain(fd, cause);
  }
}

function explain(fd: number, cause: unknown): TapswitchError {
  switch (errnoOf(cause)) {
    case "EBADF":
      return new TapswitchError(
        "usage",
        `descriptor ${fd} is not open: start the program with it, as in 3<>FILE`,
        {
          cause,
        },
      );
    case "EBADFD":
      return refused(fd, "a TAP that is attached to no device", "attach it first (TUNSETIFF)", cause);
    case "EPROTOTYPE":
      return refused(fd, "a TUN, which carries no Ethernet", "open it as a TAP", cause);
    case "EPROTO":
      return refused(fd, "a TAP with packet information", "open it with IFF_NO_PI", cause);
    default:
      return refused(fd, whatIs(fd), "give a TAP, or a socket for streams, datagrams or packets", cause);
  }
}

function refused(fd: number, what: string, fix: string, cause?: unknown): TapswitchError {
  return new TapswitchError("usage", `descriptor ${fd} is ${what}: ${fix}`, { cause });
}

/** "a pipe", "the file '/tmp/x'". */
function whatIs(fd: number): string {
  const facts = fstatSync(fd);
  if (facts.isFIFO()) return "a pipe";
  const path = readlinkSync(`/proc/self/fd/${fd}`);
  if (facts.isDirectory()) return `the folder '${path}'`;
  if (facts.isCharacterDevice()) return `the device '${path}'`;
  return path.startsWith("/") ? `the file '${path}'` : `something of the kernel's (${path})`;
}
