/**
 * A macvtap of this host: a MAC address of its own on a physical interface. The kernel makes a device node for each,
 * named after the interface's number; who opens it has the frames.
 */
import { errnoOf, TapswitchError } from "../errors.js";
import { ensureUp } from "../native/interface.js";
import { native } from "../native/native.js";
import { TapDevice } from "./tap-device.js";

/** Opens the macvtap interface `name` and brings it up. Throws `missing`, `no-permission`, `device-busy`, `usage`. */
export function openMacvtap(name: string): TapDevice {
  const facts = native().getInterface(name);
  if (facts === null) {
    const make = `ip link add link eth0 name ${name} type macvtap mode bridge`;
    throw new TapswitchError("missing", `there is no interface ${name}: ${make}`);
  }
  const path = `/dev/tap${facts.index}`;
  const device = TapDevice.adopt({ ...openNode(name, path), vnet: true });
  try {
    ensureUp(name, true);
  } catch (error) {
    device.release();
    throw error;
  }
  return device;
}

function openNode(name: string, path: string): { readonly fd: number; readonly name: string } {
  try {
    return native().openMacvtap(path);
  } catch (cause) {
    throw explain(name, path, cause);
  }
}

function explain(name: string, path: string, cause: unknown): TapswitchError {
  const errno = errnoOf(cause) ?? "unknown error";
  const failed = `cannot open the macvtap ${name} at ${path} (${errno})`;
  switch (errno) {
    case "ENOENT":
    case "ENXIO":
    case "ENODEV":
      return new TapswitchError(
        "missing",
        `${failed}: ${name} is no macvtap, or its node is not in this container: ip -d link show ${name}`,
        { cause },
      );
    case "EACCES":
    case "EPERM":
      return new TapswitchError("no-permission", `${failed}: run as root, or chown $USER ${path}`, { cause });
    case "EBUSY":
      return new TapswitchError("device-busy", `${failed}: another process holds it`, { cause });
    case "ENOTTY":
      return new TapswitchError("usage", `${failed}: that node is no macvtap`, { cause });
    default:
      return new TapswitchError("system", failed, { cause });
  }
}
