/**
 * Listening sockets that a service manager opened for us [sd_listen_fds(3)]: on privileged ports without root, and
 * with no moment in which nobody listens. One stands for the listener of the same address, or for the listener that
 * names it with `?fd=NAME`. None is left over: a socket that nobody serves would let clients wait for ever.
 */
import { isIP, SocketAddress } from "node:net";
import { formatEndpoint, type StreamEndpoint } from "../../config/endpoint/endpoint.js";
import type { UnixEndpoint } from "../../config/endpoint/unix.js";
import { EXPOSED, isExposed } from "../../config/exposure.js";
import { errnoOf, TapswitchError } from "../../errors.js";
import { type ListeningAt, native } from "../../native/native.js";

/** Descriptors begin behind standard error. */
const FIRST = 3;
/** More listeners than anyone has; beyond it the environment is not systemd's. */
const MAX_SOCKETS = 1_024;

export interface InheritedSocket {
  readonly fd: number;
  /** As the manager calls it: FileDescriptorName= of the socket unit. */
  readonly name: string;
  readonly at: ListeningAt;
}

/** What a listener shall use: the endpoint as it really is, and the descriptor where one was inherited. */
export interface Claimed {
  readonly endpoint: StreamEndpoint;
  readonly fd: number | undefined;
}

/** The sockets that the environment speaks of, which is taken out of it. Throws `usage`. */
export function inheritedSockets(environment: NodeJS.ProcessEnv): InheritedSocket[] {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = environment;
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete environment[name];
  if (LISTEN_FDS === undefined || LISTEN_PID !== String(process.pid)) return [];
  const count = Number(LISTEN_FDS);
  if (!Number.isInteger(count) || count < 0 || count > MAX_SOCKETS)
    throw new TapswitchError("usage", `LISTEN_FDS is '${LISTEN_FDS}', no number of sockets`);
  const names = LISTEN_FDNAMES?.split(":") ?? [];
  return Array.from({ length: count }, (_, index) => adopt(FIRST + index, names[index] || "unknown"));
}

/** Gives each endpoint its inherited socket, if there is one. Throws `usage` where the two lists do not fit. */
export function claimSockets(
  endpoints: readonly StreamEndpoint[],
  sockets: readonly InheritedSocket[],
): readonly Claimed[] {
  const free = new Set(sockets);
  const claimed = endpoints.map((endpoint) => claim(endpoint, free));
  const [left] = free;
  if (left === undefined) return claimed;
  const example = "host" in left.at ? `tls://${where(left.at)}` : `unix://${where(left.at)}`;
  throw new TapswitchError(
    "usage",
    `the inherited socket '${left.name}' at ${where(left.at)} belongs to no listener: add --listen ${example}, ` +
      `or ?fd=${left.name} to one`,
  );
}

function adopt(fd: number, name: string): InheritedSocket {
  try {
    return { fd, name, at: native().adoptListener(fd) };
  } catch (cause) {
    const errno = errnoOf(cause) ?? "";
    const why: Record<string, string> = {
      EBADF: "it is not open",
      ENOTSOCK: "it is no socket",
      EPROTONOSUPPORT: "it is no stream: use ListenStream=",
      EINVAL: "it does not listen: use Accept=no",
      EAFNOSUPPORT: "it is neither TCP nor a Unix socket",
    };
    throw new TapswitchError(
      "usage",
      `the inherited socket '${name}' cannot be used: ${why[errno] ?? errno}`,
      {
        cause,
      },
    );
  }
}

function claim(endpoint: StreamEndpoint, free: Set<InheritedSocket>): Claimed {
  const found = [...free].find((socket) => fits(endpoint, socket));
  if (found === undefined && endpoint.fd === undefined) return { endpoint, fd: undefined };
  const shown = formatEndpoint(endpoint);
  if (found === undefined)
    throw new TapswitchError(
      "usage",
      `${shown}: no socket named '${endpoint.fd}' was inherited: set FileDescriptorName= in the socket unit`,
    );
  free.delete(found);
  const { at, fd, name } = found;
  if ("host" in at && endpoint.kind !== "unix") return { endpoint: refuseSurprise(endpoint, at), fd };
  if ("path" in at && endpoint.kind === "unix") {
    if (endpoint.mode !== undefined || endpoint.group !== undefined)
      throw new TapswitchError(
        "usage",
        `${shown} is inherited: 'mode' and 'group' are set by SocketMode= and SocketGroup= of the socket unit`,
      );
    return { endpoint: { ...endpoint, ...at }, fd };
  }
  throw new TapswitchError(
    "usage",
    `${shown}: the inherited socket '${name}' is at ${where(at)}, another kind`,
  );
}

/** The endpoint as it really is. What was written as loopback must not face the network. */
function refuseSurprise(
  endpoint: Exclude<StreamEndpoint, UnixEndpoint>,
  at: { readonly host: string; readonly port: number },
): StreamEndpoint {
  const real = { ...endpoint, ...at };
  if (!isExposed(real) || isExposed(endpoint)) return real;
  throw new TapswitchError(
    "usage",
    `${formatEndpoint(endpoint)}: the inherited socket '${endpoint.fd}' ${EXPOSED}: if that is meant, write tcp://${where(at)}`,
  );
}

function fits(endpoint: StreamEndpoint, { name, at }: InheritedSocket): boolean {
  if (endpoint.fd !== undefined) return endpoint.fd === name;
  if (endpoint.kind === "unix") return "path" in at && at.path === endpoint.path;
  return "host" in at && at.port === endpoint.port && at.host === canonical(endpoint.host);
}

/** An IP address in the kernel's notation. */
function canonical(host: string): string {
  const version = isIP(host);
  if (version === 0) return host;
  return new SocketAddress({ address: host, family: version === 4 ? "ipv4" : "ipv6" }).address;
}

function where(at: ListeningAt): string {
  if ("path" in at) return at.path === "" ? "an abstract name" : at.path;
  return at.host.includes(":") ? `[${at.host}]:${at.port}` : `${at.host}:${at.port}`;
}
