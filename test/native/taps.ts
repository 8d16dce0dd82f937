/** Devices that are released after a test even if it failed: one left open would keep the test's process alive. */
import { TapDevice, type TapOptions } from "../../src/link/tap-device.js";

const opened: TapDevice[] = [];

export function openTap(options?: TapOptions): TapDevice {
  const tap = TapDevice.open(options);
  opened.push(tap);
  return tap;
}

export function releaseTaps(): void {
  for (const tap of opened.splice(0)) tap.release();
}
