/** What can be said about listeners before any is opened. */
import type { Conflict } from "./config-kind.js";
import { type Endpoint, formatEndpoint } from "./endpoint.js";
import { EXPOSED, isExposed } from "./exposure.js";

export interface Listening {
  readonly listen: readonly Endpoint[];
  /** Null where they are not known. */
  readonly networks: readonly string[] | null;
  readonly insecure: boolean;
}

export function listenerConflicts({ listen, networks, insecure }: Listening): Conflict[] {
  return listen.flatMap((endpoint, index) => {
    const name = formatEndpoint(endpoint);
    const wrong: string[] = [];
    const { network } = endpoint;
    if (network !== undefined && networks !== null && !networks.includes(network))
      wrong.push(`${name} names network '${network}': declare it with --network ${network}`);
    if (isExposed(endpoint) && !insecure)
      wrong.push(`${name} ${EXPOSED}. Give --insecure if that network is trusted, or listen on 127.0.0.1`);
    const earlier = listen.slice(0, index).findIndex((other) => collide(other, endpoint));
    if (earlier >= 0)
      wrong.push(`${name} is taken by listen[${earlier}] already: choose another port or path`);
    return wrong.map((message) => ({ path: ["listen", index], message }));
  });
}

/** The kernel would let only one of them listen. */
function collide(one: Endpoint, other: Endpoint): boolean {
  if (one.kind === "unix" || other.kind === "unix")
    return one.kind === other.kind && "path" in one && "path" in other && one.path === other.path;
  if (one.port !== other.port || one.port === 0) return false;
  return one.host === other.host || isEveryAddress(one.host) || isEveryAddress(other.host);
}

function isEveryAddress(host: string): boolean {
  return host === "::" || host === "0.0.0.0";
}
