/** VDE: a port of a running switch, or in place of one. */
import { formatEndpoint } from "../../config/endpoint/endpoint.js";
import type { VdeEndpoint } from "../../config/endpoint/vde.js";
import { openVde } from "../../link/vde-client.js";
import { VdeListener } from "../../link/vde-listener.js";
import type { OpenedListener, OpenedWire, WireHall, WirePlace } from "./wire-kind.js";

/** Rejects with `unreachable`, `no-permission`, `timeout`, `protocol`. */
export async function openVdeWire(
  { folder, port }: VdeEndpoint,
  { network }: WirePlace,
): Promise<OpenedWire> {
  return { link: await openVde({ folder, port, description: `tapswitch network=${network}` }) };
}

/** Rejects with `in-use`, `no-permission`, `usage`, `system`. */
export async function listenVde(endpoint: VdeEndpoint, hall: WireHall): Promise<OpenedListener> {
  const { folder, mode, group, portOptions } = endpoint;
  const listener = await VdeListener.open(
    { path: folder, mode, group },
    {
      room: () => hall.hasRoom(),
      accept: (link, port) => hall.take(link, portOptions.name === undefined ? { name: `vde${port}` } : {}),
      failed: (error) => hall.refused(folder, error),
    },
  );
  return { bound: formatEndpoint(endpoint), close: () => listener.close() };
}
