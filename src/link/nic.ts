/** The link to the wire behind a physical interface. */
import { DeviceLink } from "./device-link.js";
import type { NicDevice } from "./nic-device.js";

export class NicLink extends DeviceLink<NicDevice> {
  constructor(device: NicDevice) {
    super("nic", device);
  }
}
