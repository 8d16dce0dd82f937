/** A macvtap on a port. */
import type { MacvtapEndpoint } from "../../config/endpoint/macvtap.js";
import { openMacvtap } from "../../link/macvtap.js";
import { tapWire } from "./tap-wire.js";
import type { OpenedWire } from "./wire-kind.js";

/** Rejects with what `openMacvtap` throws. */
export async function openMacvtapWire({ device }: MacvtapEndpoint): Promise<OpenedWire> {
  return tapWire(openMacvtap(device));
}
