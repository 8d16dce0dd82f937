/**
 * Endpoints are URLs everywhere: flags, configuration, messages. One parser, one table of kinds, one clear error
 * that names the bad part.
 */
import { TapswitchError } from "../errors.js";
import { FINGERPRINT_PATTERN, type Fingerprint } from "../session/fingerprint.js";
import { NAME_PATTERN } from "../session/messages.js";

export const DEFAULT_PORT = 9621;

interface HostEndpoint {
  readonly host: string;
  readonly port: number;
  readonly network: string | undefined;
  /** Raw peers are taken; undefined: the listener's own default. */
  readonly raw: boolean | undefined;
  /** Name of the inherited socket to listen on. */
  readonly fd?: string | undefined;
}

export interface TcpEndpoint extends HostEndpoint {
  readonly kind: "tcp";
}

export interface TlsEndpoint extends HostEndpoint {
  readonly kind: "tls";
  /** The key that the server must have. */
  readonly pin: Fingerprint | undefined;
  /** Files: the CA whose certificates the other end may show, what it has revoked, and our own certificate and key. */
  readonly ca: string | undefined;
  readonly crl: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export interface UnixEndpoint {
  readonly kind: "unix";
  readonly path: string;
  readonly network: string | undefined;
  readonly raw: boolean | undefined;
  /** Permission bits of the socket's path, and the group that owns it. */
  readonly mode: number | undefined;
  readonly group: string | undefined;
  /** Name of the inherited socket to listen on. */
  readonly fd?: string | undefined;
}

export type Endpoint = TcpEndpoint | TlsEndpoint | UnixEndpoint;

interface Kind {
  /** Query parameters that it knows. */
  readonly options: readonly string[];
  readonly example: string;
  parse(url: URL, text: string): Endpoint;
}

const KINDS: Record<string, Kind> = {
  "tls:": {
    options: ["network", "raw", "fd", "pin", "ca", "crl", "cert", "key"],
    example: "tls://switch.example:9621/default",
    parse: parseTls,
  },
  "tcp:": { options: ["network", "raw", "fd"], example: "tcp://127.0.0.1:9621/default", parse: parseTcp },
  "unix:": {
    options: ["network", "raw", "fd", "mode", "group"],
    example: "unix:///run/tapswitch.sock?mode=0660&group=kvm",
    parse: parseUnix,
  },
};

/** Reads an endpoint. Throws `bad-endpoint`. */
export function parseEndpoint(text: string): Endpoint {
  const url = readUrl(text);
  const kind = KINDS[url.protocol];
  if (kind === undefined) throw bad(text, `unknown kind '${url.protocol.slice(0, -1)}'`);
  for (const key of url.searchParams.keys()) {
    if (!kind.options.includes(key))
      throw bad(text, `unknown option '${key}' (known: ${kind.options.join(", ")})`);
    if (url.searchParams.getAll(key).length > 1) throw bad(text, `option '${key}' is given twice`);
  }
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    throw bad(text, "an endpoint has no user, password or fragment");
  }
  return kind.parse(url, text);
}

/** The shortest text that names the endpoint; without options. */
export function formatEndpoint(endpoint: Endpoint): string {
  if (endpoint.kind === "unix") return `unix://${endpoint.path}`;
  const host = endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host;
  return `${endpoint.kind}://${host}:${endpoint.port}${endpoint.network === undefined ? "" : `/${endpoint.network}`}`;
}

/** The text that `parseEndpoint` reads as this very endpoint. */
export function writeEndpoint(endpoint: Endpoint): string {
  const { kind, raw, network, ...rest } = endpoint;
  const options = new URLSearchParams();
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined) options.append(name, value);
  };
  if (kind === "unix") add("network", network);
  for (const name of ["pin", "ca", "crl", "cert", "key", "group"])
    add(name, (rest as Readonly<Record<string, string | undefined>>)[name]);
  if ("mode" in rest) add("mode", rest.mode?.toString(8).padStart(4, "0"));
  add("raw", raw === undefined ? undefined : raw ? "yes" : "no");
  const path =
    kind === "unix" ? `unix://${endpoint.path.split("/").map(encodeURIComponent).join("/")}` : null;
  const query = options.toString().replaceAll("%2F", "/");
  return `${path ?? formatEndpoint(endpoint)}${query === "" ? "" : `?${query}`}`;
}

/** True for addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function readUrl(text: string): URL {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(text)) throw bad(text, "no kind");
  try {
    return new URL(text);
  } catch (error) {
    throw bad(text, "host or port cannot be read", error);
  }
}

function parseTcp(url: URL, text: string): TcpEndpoint {
  return { kind: "tcp", ...parseHost(url, text) };
}

function parseTls(url: URL, text: string): TlsEndpoint {
  const option = (name: string): string | undefined => url.searchParams.get(name) || undefined;
  const [pin, ca, crl, cert, key] = ["pin", "ca", "crl", "cert", "key"].map(option);
  if (pin !== undefined && !FINGERPRINT_PATTERN.test(pin))
    throw bad(text, "pin is no fingerprint, as 'tapswitch identity' prints it");
  if (crl !== undefined && ca === undefined) throw bad(text, "crl goes with ca");
  if ((cert === undefined) !== (key === undefined)) throw bad(text, "cert and key go together");
  return { kind: "tls", ...parseHost(url, text), pin, ca, crl, cert, key };
}

function parseHost(url: URL, text: string): HostEndpoint {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (host === "") throw bad(text, "no host");
  const path = decode(url.pathname.replace(/^\//, ""), text);
  const inQuery = url.searchParams.get("network");
  if (path !== "" && inQuery !== null) throw bad(text, "the network is given twice, as path and as option");
  return {
    host,
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
    network: networkName(path === "" ? inQuery : path, text),
    raw: yesNo(url, "raw", text),
    ...socketName(url, text),
  };
}

function parseUnix(url: URL, text: string): UnixEndpoint {
  if (url.hostname !== "") throw bad(text, "a Unix socket's path starts with a slash: write three of them");
  const path = decode(url.pathname, text);
  if (!path.startsWith("/") || path === "/") throw bad(text, "no path");
  if (path.includes("\0")) throw bad(text, "a path has no zero byte");
  // sockaddr_un holds 108 bytes with the closing zero.
  if (Buffer.byteLength(path) > 107) throw bad(text, "a Unix socket's path has at most 107 bytes");
  const mode = url.searchParams.get("mode");
  if (mode !== null && !/^0?[0-7]{3}$/.test(mode))
    throw bad(text, `mode '${mode}' is not three octal digits`);
  return {
    kind: "unix",
    path,
    network: networkName(url.searchParams.get("network"), text),
    raw: yesNo(url, "raw", text),
    ...socketName(url, text),
    mode: mode === null ? undefined : Number.parseInt(mode, 8),
    group: url.searchParams.get("group") ?? undefined,
  };
}

function networkName(name: string | null, text: string): string | undefined {
  if (name === null) return undefined;
  if (!NAME_PATTERN.test(name))
    throw bad(text, `'${name}' is no network name: letters, digits, '.', '_' and '-'`);
  return name;
}

function yesNo(url: URL, key: string, text: string): boolean | undefined {
  const value = url.searchParams.get(key);
  if (value !== null && value !== "yes" && value !== "no")
    throw bad(text, `${key} is '${value}', not yes or no`);
  return value === null ? undefined : value === "yes";
}

/** What systemd allows as FileDescriptorName= [systemd.socket(5)], but for blanks. */
function socketName(url: URL, text: string): { fd?: string } {
  const fd = url.searchParams.get("fd");
  if (fd === null) return {};
  if (!/^[!-9;-~]{1,255}$/.test(fd)) throw bad(text, `fd '${fd}' is no name of an inherited socket`);
  return { fd };
}

function decode(part: string, text: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    throw bad(text, "a percent sign that encodes nothing", error);
  }
}

function bad(text: string, why: string, cause?: unknown): TapswitchError {
  // Someone may have made it out of an invite.
  const shown = text.replace(/(code=)[^&#]*/gi, "$1...");
  const examples = Object.values(KINDS).map((kind) => kind.example);
  return new TapswitchError(
    "bad-endpoint",
    `endpoint '${shown}': ${why}; write it as in ${examples.join(" or ")}`,
    { cause },
  );
}
