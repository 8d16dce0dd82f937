import { type EndpointIn, formatEndpoint } from "../../config/endpoint/endpoint.js";
import type { ServeConfig } from "../../config/serve-config.js";
import type { ReloadTable } from "./reloader.js";

/** What a running `serve` can take. */
export const SERVE_RELOAD: ReloadTable<ServeConfig> = {
  listen: "live",
  attach: "live",
  network: "live",
  networks: "live",
  ports: "live",
  dhcpGuard: "live",
  raGuard: "live",
  addressGuard: "live",
  suppression: "live",
  mirror: "live",
  dhcp: "live",
  loopProbe: "live",
  stp: "live",
  stpPriority: "live",
  stpHello: "live",
  stpForwardDelay: "live",
  mtu: "live",
  maxPorts: "live",
  macLimit: "live",
  age: "live",
  // For sessions from now on: the others ping by what they were told.
  keepalive: "live",
  forwardReserved: "live",
  multicast: "live",
  insecure: "live",
  advertise: "live",
  group: "live",
  logLevel: "live",
  logFormat: "restart",
  http: "restart",
  // What is open there has a lock, an identity and members.
  state: "restart",
  control: "restart",
};

/** A server that was started without identity and members cannot get them while it runs. */
export function possibleListeners(
  wanted: readonly EndpointIn<"listen">[],
  hasIdentity: boolean,
): { listen: EndpointIn<"listen">[]; restart: string[] } {
  const fits = ({ kind }: EndpointIn<"listen">): boolean => kind !== "tls" || hasIdentity;
  const others = wanted.filter((endpoint) => !fits(endpoint)).map(formatEndpoint);
  return {
    listen: wanted.filter(fits),
    restart: others.map((url) => `listen: ${url}, the first tls:// of this server`),
  };
}
