/** Unix datagrams: one peer that we name ourselves, or a port for each peer that sends to our path. */
import { formatEndpoint } from "../../config/endpoint/endpoint.js";
import type { UnixgramEndpoint } from "../../config/endpoint/unixgram.js";
import type { Link } from "../../link/link.js";
import { openUnixgram } from "../../link/unixgram.js";
import { UnixgramListener } from "../../link/unixgram-listener.js";
import type { OpenedListener, OpenedWire, WireHall } from "./wire-kind.js";

/** Rejects with `unreachable`, `in-use`, `no-permission`, `usage`. */
export async function openUnixgramWire({ path, local, mode, group }: UnixgramEndpoint): Promise<OpenedWire> {
  return { link: await openUnixgram({ path, local: { path: local!, mode, group } }) };
}

/** Rejects with `in-use`, `no-permission`, `usage`. */
export async function listenUnixgram(endpoint: UnixgramEndpoint, hall: WireHall): Promise<OpenedListener> {
  const listener = await UnixgramListener.open(endpoint, {
    room: () => hall.hasRoom(),
    accept: (link) => takeOrRefuse(link, hall),
  });
  return { bound: formatEndpoint(endpoint), close: () => listener.close() };
}

function takeOrRefuse(link: Link, hall: WireHall): void {
  try {
    hall.take(link);
  } catch (error) {
    link.close();
    hall.refused(link.peer, error as Error);
  }
}
