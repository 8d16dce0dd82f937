/** The link to this host's own network stack. Frames that its queue loses: `TapDevice.txDropped`. */
import { DeviceLink } from "./device-link.js";
import type { TapDevice } from "./tap-device.js";

export class TapLink extends DeviceLink<TapDevice> {
  constructor(device: TapDevice) {
    super("tap", device);
  }
}
