/** The wire behind a physical interface on a port. */
import type { NicEndpoint } from "../../config/endpoint/nic.js";
import { NicLink } from "../../link/nic.js";
import { NicDevice } from "../../link/nic-device.js";
import { refuseOwnRoute, refuseRoute } from "./own-route.js";
import type { OpenedWire, WirePlace } from "./wire-kind.js";

/** Rejects with `route-loop`, and what `NicDevice.open` throws. */
export async function openNicWire({ device, force }: NicEndpoint, place: WirePlace): Promise<OpenedWire> {
  if (force === true) return nicWire(device);
  refuseOwnRoute(device, await place.servers());
  return { ...nicWire(device), refuseLoop: (address) => refuseRoute(device, address) };
}

/** Follows the interface's MTU, which is its owner's to set. */
function nicWire(name: string): OpenedWire {
  const device = NicDevice.open(name);
  let { mtu } = device;
  return {
    link: new NicLink(device),
    tick: (port) => {
      if (device.mtu === mtu) return;
      mtu = device.mtu;
      port.refresh();
    },
  };
}
