/** What endpoints with a host and a port have in common. */
import { NAME_PATTERN } from "../../session/messages.js";
import type { EndpointUrl } from "./endpoint-url.js";
import type { AnyEndpoint } from "./kind.js";

export const DEFAULT_PORT = 9621;

export interface HostEndpoint extends AnyEndpoint {
  readonly host: string;
  readonly port: number;
  /** Raw peers are taken; undefined: the listener's own default. */
  readonly raw: boolean | undefined;
  /** Name of the inherited socket to listen on. */
  readonly fd?: string | undefined;
}

/** Host, port and what only listeners have. Throws `bad-endpoint`. */
export function parseHost(url: EndpointUrl): Pick<HostEndpoint, "host" | "port" | "raw" | "fd"> {
  const { host, port } = url;
  if (host === "") throw url.wrong("no host");
  if (port === 0 && url.role !== "listen") throw url.wrong("nobody can connect to port 0");
  return { host, port: port ?? DEFAULT_PORT, raw: url.yesNo("raw"), ...socketName(url) };
}

/** "127.0.0.1:9621", "[::1]:9621". */
export function formatHost({ host, port }: Pick<HostEndpoint, "host" | "port">): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The network that a URL names, by its path where that is what the path is for, or by an option. */
export function parseNetwork(url: EndpointUrl, inPath: boolean): string | undefined {
  const path = inPath ? url.path.replace(/^\//, "") : "";
  const option = url.option("network");
  if (path !== "" && option !== undefined)
    throw url.wrong("the network is given twice, as path and as option");
  const name = path === "" ? option : path;
  if (name !== undefined && !NAME_PATTERN.test(name))
    throw url.wrong(`'${name}' is no network name: letters, digits, '.', '_' and '-'`);
  return name;
}

/** What systemd allows as FileDescriptorName= [systemd.socket(5)], but for blanks. */
export function socketName(url: EndpointUrl): { fd?: string } {
  const fd = url.option("fd");
  if (fd === undefined) return {};
  if (!/^[!-9;-~]{1,255}$/.test(fd)) throw url.wrong(`fd '${fd}' is no name of an inherited socket`);
  return { fd };
}

/** As an option's text. */
export function yesOrNo(value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : value ? "yes" : "no";
}

/** True for addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
