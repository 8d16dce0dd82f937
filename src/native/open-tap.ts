/**
 * Opens TAP devices, and says in a sentence what to do where that fails.
 */
import { errnoOf, TapswitchError } from "../errors.js";
import { Offload } from "../frame/offload.js";
import { native } from "./native.js";

export interface OpenHow {
  /** Frames carry a virtio-net header. */
  readonly vnet: boolean;
  /** The cable seems plugged in. */
  readonly carrier: boolean;
}

export interface OpenedTap extends OpenHow {
  readonly fd: number;
  readonly name: string;
  /** False if the device was there before. */
  readonly made: boolean;
}

/** Where the search for a free default name ends. */
const MAX_DEVICES = 256;

/** Opens tap0, or the next that is not in use. */
export function openFreeTap(how: OpenHow): OpenedTap {
  for (let number = 0; number < MAX_DEVICES; number++) {
    const name = `tap${number}`;
    try {
      return openTap(name, how);
    } catch (error) {
      const isBusy = error instanceof TapswitchError && error.code === "device-busy";
      if (!isBusy && native().getInterface(name) === null) throw error;
    }
  }
  throw new TapswitchError(
    "device-busy",
    `tap0 to tap${MAX_DEVICES - 1} are all in use: name another device`,
  );
}

/** Opens the TAP device `name`, made if need be; a pattern such as "vm%d" lets the kernel choose the number. */
export function openTap(name: string, how: OpenHow): OpenedTap {
  if (!/^[^\s/]{1,15}$/.test(name)) {
    throw new TapswitchError(
      "usage",
      `'${name}' is no device name: use 1 to 15 characters, no blank and no '/'`,
    );
  }
  const made = native().getInterface(name) === null;
  try {
    const opened = native().openTap(name, how.vnet ? 1 : 0, how.carrier ? 1 : 0);
    return { ...opened, ...how, made };
  } catch (cause) {
    throw explain(name, made, cause);
  }
}

/** The `Offload` bits that this kernel knows; leaves the device with none set. USO came with Linux 6.2. */
export function probeOffload(fd: number): number {
  let known = 0;
  for (const bits of [Offload.csum, Offload.tso4, Offload.tso6, Offload.ecn, Offload.uso]) {
    if (native().setTapOffload(fd, known | bits)) known |= bits;
  }
  native().setTapOffload(fd, 0);
  return known;
}

function explain(name: string, made: boolean, cause: unknown): TapswitchError {
  const errno = errnoOf(cause) ?? "unknown error";
  const failed = `cannot open the TAP device ${name} (${errno})`;
  const byRoot = `ip tuntap add dev ${name} mode tap user $USER`;
  switch (errno) {
    case "EBUSY":
      return new TapswitchError("device-busy", `${failed}: another process holds it: name another device`, {
        cause,
      });
    case "EPERM":
      return new TapswitchError(
        "no-permission",
        made
          ? `${failed}: run as root, or as root once: ${byRoot}`
          : `${failed}: it belongs to another user: run as root, or as root: ip link del ${name} && ${byRoot}`,
        { cause },
      );
    case "EACCES":
      return new TapswitchError("no-permission", `${failed}: run as root, or chmod 0666 /dev/net/tun`, {
        cause,
      });
    case "ENOENT":
    case "ENXIO":
    case "ENODEV":
      return new TapswitchError(
        "missing",
        `${failed}: /dev/net/tun is missing: modprobe tun, or start the container with --device /dev/net/tun`,
        { cause },
      );
    case "EINVAL":
      return new TapswitchError(
        "usage",
        `${failed}: that name is no TAP device, or one made with multi_queue`,
        {
          cause,
        },
      );
    default:
      return new TapswitchError("system", failed, { cause });
  }
}
