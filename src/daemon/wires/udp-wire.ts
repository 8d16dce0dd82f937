/** UDP to one peer, whose name is looked up again whenever the wire is opened. */
import { lookup } from "node:dns/promises";
import { isIPv6 } from "node:net";
import type { UdpEndpoint } from "../../config/endpoint/udp.js";
import { errnoOf, TapswitchError } from "../../errors.js";
import { openUdp } from "../../link/udp.js";
import type { OpenedWire } from "./wire-kind.js";

/** Rejects with `unreachable`, `in-use`, `no-permission`, `usage`. */
export async function openUdpWire({ host, port, local }: UdpEndpoint): Promise<OpenedWire> {
  const family = isIPv6(local.host) ? 6 : 4;
  const { address } = await lookup(host, { family }).catch((cause: unknown) => {
    const why = `'${host}' has no IPv${family} address (${errnoOf(cause) ?? ""})`;
    throw new TapswitchError("unreachable", why, { cause });
  });
  return { link: openUdp(local, { host: address, port }) };
}
