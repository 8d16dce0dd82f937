/**
 * Endpoints are URLs everywhere: flags, configuration, messages. One parser, one table of kinds, one clear error
 * that names the bad part.
 */
import { nearName } from "../near-name.js";
import { parsePortOptions, portOptionNames, writePortOptions } from "../port-options.js";
import { EndpointUrl } from "./endpoint-url.js";
import { parseNetwork } from "./host.js";
import type { AnyEndpoint, EndpointKind } from "./kind.js";
import { type Endpoint, type EndpointIn, KINDS } from "./kinds.js";
import { ROLES, type Role } from "./role.js";

export type { Endpoint, EndpointIn } from "./kinds.js";

/** Streams on which sessions live: what one joins, and what a door listens on. */
export type StreamEndpoint = EndpointIn<"server">;

const ALL = KINDS as unknown as Readonly<Record<string, EndpointKind<AnyEndpoint>>>;
/** Roles in which there is a port to which options could apply. */
const WITH_PORTS: readonly Role[] = ["listen", "attach"];
/** The network of a server that is joined, of those who come in, of a wire. */
const EVERY_ROLE: readonly Role[] = ["server", "listen", "attach"];

/** Reads an endpoint that is to play a role. Throws `bad-endpoint`. */
export function parseEndpoint<R extends Role = "server">(text: string, role = "server" as R): EndpointIn<R> {
  const url = new EndpointUrl(text, { role, examples: examplesFor(role, text) });
  const kind = Object.hasOwn(ALL, url.kind) ? ALL[url.kind]! : undefined;
  if (kind === undefined) throw url.wrong(`unknown kind '${url.kind}'`);
  if (!kind.roles.includes(role))
    throw url.wrong(`'${url.kind}' is for ${rolesText(kind.roles)}, not for ${ROLES[role]}`);
  checkOptions(url, kind);
  const network = parseNetwork(url, kind.hasNetworkPath === true);
  const endpoint = kind.parse(url, { network, portOptions: parsePortOptions(url) });
  return endpoint as EndpointIn<R>;
}

/** What is known of the endpoint's kind. */
export function kindOf(endpoint: Endpoint): EndpointKind<AnyEndpoint> {
  return ALL[endpoint.kind]!;
}

/** Whether sessions can live on it. */
export function isStream(endpoint: Endpoint): endpoint is StreamEndpoint {
  return kindOf(endpoint).roles.includes("server");
}

/** The shortest text that names the endpoint; without options. */
export function formatEndpoint(endpoint: Endpoint): string {
  const kind = kindOf(endpoint);
  const path = kind.hasNetworkPath === true && endpoint.network !== undefined ? `/${endpoint.network}` : "";
  return `${kind.format(endpoint)}${path}`;
}

/** The text that `parseEndpoint` reads as this very endpoint. */
export function writeEndpoint(endpoint: Endpoint): string {
  const kind = kindOf(endpoint);
  const network = kind.hasNetworkPath === true ? undefined : endpoint.network;
  const options = { network, ...kind.write(endpoint), ...writePortOptions(endpoint.portOptions) };
  const given = Object.entries(options).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const query = new URLSearchParams(given).toString().replaceAll("%2F", "/");
  return `${formatEndpoint(endpoint)}${query === "" ? "" : `?${query}`}`;
}

/** One for each kind that can play the role; of the kind that was meant, its own alone. */
function examplesFor(role: Role, text: string): string[] {
  const meant = /^[a-z0-9+.-]+(?=:)/i.exec(text)?.[0]?.toLowerCase() ?? "";
  const fits = Object.entries(ALL).filter(([, kind]) => kind.roles.includes(role));
  const own = fits.filter(([name]) => name === meant);
  return (own.length > 0 ? own : fits).map(([, kind]) => kind.example);
}

function checkOptions(url: EndpointUrl, { options, roles }: EndpointKind<AnyEndpoint>): void {
  const own: Readonly<Record<string, readonly Role[]>> = {
    network: EVERY_ROLE,
    ...options,
    ...Object.fromEntries(portOptionNames.map((name) => [name, WITH_PORTS])),
  };
  const known = Object.keys(own).filter((name) => own[name]!.includes(url.role));
  for (const name of url.optionNames) {
    if (known.includes(name)) continue;
    const elsewhere = Object.hasOwn(own, name) ? own[name]!.filter((role) => roles.includes(role)) : [];
    if (elsewhere.length > 0) throw url.wrong(`'${name}' is for ${rolesText(elsewhere)}`);
    const near = nearName(name, known);
    const fix = near === undefined ? `known: ${known.join(", ")}` : `did you mean '${near}'?`;
    throw url.wrong(`unknown option '${name}' (${fix})`);
  }
}

function rolesText(roles: readonly Role[]): string {
  return roles.map((role) => ROLES[role]).join(" and ");
}
