/** A TAP device on a port: of `serve`, or besides the one that a `join` has anyway. */
import type { TapEndpoint } from "../../config/endpoint/tap.js";
import { TapLink } from "../../link/tap.js";
import { TapDevice } from "../../link/tap-device.js";
import { TX_QUEUE } from "../device/host-device.js";
import type { OpenedWire, WirePlace } from "./wire-kind.js";

/** Rejects with what `TapDevice.open` throws. */
export async function openTapWire(
  { device, bridge, mtu }: TapEndpoint,
  place: WirePlace,
): Promise<OpenedWire> {
  const tap = TapDevice.open({
    name: device,
    mtu: mtu ?? place.mtu,
    txQueueLength: TX_QUEUE,
    ...(bridge === undefined ? {} : { bridge }),
  });
  return {
    ...tapWire(tap),
    followMtu: (wanted, port) => {
      if (mtu !== undefined) return;
      tap.mtu = wanted;
      port.refresh();
    },
  };
}

/** A TAP as a wire that takes all that it can, and tells what its queue loses. */
export function tapWire(tap: TapDevice): OpenedWire {
  // Whatever another port cannot take, the switch finishes.
  tap.setOffload(tap.takes);
  let lost = tap.txDropped();
  return {
    link: new TapLink(tap),
    tick: (port) => {
      const before = lost;
      lost = tap.txDropped();
      port.drop("queue", lost - before);
    },
  };
}
