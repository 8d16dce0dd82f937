/** What can be said about listeners and wires before any is opened. */
import type { Conflict } from "./config-kind.js";
import { type Endpoint, type EndpointIn, formatEndpoint, kindOf } from "./endpoint/endpoint.js";
import { EXPOSED, isExposed } from "./exposure.js";

/** The networks that an endpoint may name. */
export interface NetworkNames {
  readonly names: readonly string[];
  /** What to do about another one. */
  fix(name: string): string;
}

export interface Listening {
  readonly listen: readonly EndpointIn<"listen">[];
  /** Null where they are not known. */
  readonly networks: NetworkNames | null;
  readonly insecure: boolean;
}

export function listenerConflicts({ listen, networks, insecure }: Listening): Conflict[] {
  return listen.flatMap((endpoint, index) => {
    const name = formatEndpoint(endpoint);
    const wrong = elsewhere(endpoint, networks);
    if (isExposed(endpoint) && !insecure)
      wrong.push(`${name} ${EXPOSED}. Give --insecure if that network is trusted, or listen on 127.0.0.1`);
    const earlier = listen.slice(0, index).findIndex((other) => collide(other, endpoint));
    if (earlier >= 0)
      wrong.push(`${name} is taken by listen[${earlier}] already: choose another port or path`);
    return wrong.map((message) => ({ path: ["listen", index], message }));
  });
}

/** What can be said about wires. */
export function wireConflicts(
  attach: readonly EndpointIn<"attach">[],
  { listen, networks }: Pick<Listening, "listen" | "networks">,
): Conflict[] {
  const own = listen.map((endpoint) => kindOf(endpoint).format(endpoint));
  const places = attach.map((endpoint) => placeOf(endpoint, networks?.names[0]));
  return attach.flatMap((endpoint, index) => {
    const earlier = places.indexOf(places[index]!);
    const wrong = elsewhere(endpoint, networks);
    if (own.includes(places[index]!))
      wrong.push(`${places[index]} is where this very process listens: a loop`);
    if (earlier < index) wrong.push(`${places[index]} is attached by attach[${earlier}] already`);
    return wrong.map((message) => ({ path: ["attach", index], message }));
  });
}

/** What two wires cannot share. */
function placeOf(endpoint: Endpoint, otherwise: string | undefined): string {
  const { format, isOnePerNetwork } = kindOf(endpoint);
  const place = format(endpoint);
  return isOnePerNetwork === true ? `${place}/${endpoint.network ?? otherwise ?? ""}` : place;
}

/** Whether it names a network that is not there. */
function elsewhere(endpoint: Endpoint, networks: NetworkNames | null): string[] {
  const { network } = endpoint;
  if (network === undefined || networks === null || networks.names.includes(network)) return [];
  return [`${formatEndpoint(endpoint)} names network '${network}': ${networks.fix(network)}`];
}

/** The kernel would let only one of them listen. */
function collide(one: EndpointIn<"listen">, other: EndpointIn<"listen">): boolean {
  if (!("host" in one && "host" in other))
    return !("host" in one) && !("host" in other) && kindOf(one).format(one) === kindOf(other).format(other);
  if (one.port !== other.port || one.port === 0) return false;
  return one.host === other.host || isEveryAddress(one.host) || isEveryAddress(other.host);
}

function isEveryAddress(host: string): boolean {
  return host === "::" || host === "0.0.0.0";
}
