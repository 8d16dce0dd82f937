import { TapLink } from "../../link/tap.js";
import { TapDevice, type TapOptions } from "../../link/tap-device.js";

/**
 * A link to this host's network stack, over a device that is made where there is none; `link.device` is the device. Large
 * segments come and go whole, as far as the kernel can. Throws `no-permission`, `device-busy`, `missing` and others.
 */
export function openTap(options: TapOptions = {}): TapLink {
  const device = TapDevice.open(options);
  device.setOffload(device.takes);
  return new TapLink(device);
}
