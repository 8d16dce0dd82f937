/** Connects to an endpoint: every address of the name in turn, each with time enough for a long link. */
import { lookup } from "node:dns/promises";
import { isIP, Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { formatEndpoint, type StreamEndpoint } from "../../config/endpoint/endpoint.js";
import type { TcpEndpoint } from "../../config/endpoint/tcp.js";
import type { TlsEndpoint } from "../../config/endpoint/tls.js";
import { errnoOf, TapswitchError } from "../../errors.js";
import type { Reader } from "../../link/adopt-socket.js";
import { StreamLink } from "../../link/stream.js";
import { tuneTcp } from "../socket-options.js";
import type { ServerTrust } from "./server-trust.js";

/** One address gets this long; Node's own 250 ms fails on long links. */
const ATTEMPT_MS = 5_000;

/** A server whose machine or network is gone is given up after this long: a client has somewhere else to be. */
const DEAD_MS = 10_000;

type Target = { readonly host: string; readonly port: number } | { readonly path: string };

export interface DialOptions {
  /** May throw to refuse an address before it is tried. */
  check?(address: string): void;
  /** How the server proves who it is; needed for TLS. */
  readonly trust?: ServerTrust | undefined;
  /** Longest frame that may go out, bytes. Default: the longest there is. */
  readonly maxFrame?: number;
  /** Ends the attempt at once. */
  readonly signal?: AbortSignal;
}

/** A connected stream, not yet started. Throws `unreachable`, and what `check` and `trust` throw. */
export async function dial(endpoint: StreamEndpoint, options: DialOptions = {}): Promise<StreamLink> {
  if (endpoint.kind === "unix") return attempt({ path: endpoint.path }, endpoint, options);
  let last: unknown;
  for (const host of await addresses(endpoint, options.signal)) {
    options.check?.(host);
    try {
      return await attempt({ host, port: endpoint.port }, endpoint, options);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/** IP addresses at which the endpoint's server may be; none where its name cannot be found now, or it has a path. */
export async function serverAddresses(endpoint: StreamEndpoint): Promise<string[]> {
  if (endpoint.kind === "unix") return [];
  return addresses(endpoint).catch(() => []);
}

async function addresses({ host }: TcpEndpoint | TlsEndpoint, signal?: AbortSignal): Promise<string[]> {
  try {
    const looking = lookup(host, { all: true });
    return (await (signal === undefined ? looking : unlessAborted(looking, signal))).map(
      (found) => found.address,
    );
  } catch (cause) {
    throw new TapswitchError("unreachable", `cannot find the address of '${host}' (${errnoOf(cause)})`, {
      cause,
    });
  }
}

/** Leaves the look-up of a name to itself: nothing can call it back. */
function unlessAborted<T>(looking: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    void looking.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function attempt(
  target: Target,
  endpoint: StreamEndpoint,
  { trust, signal, maxFrame }: DialOptions,
): Promise<StreamLink> {
  return new Promise((resolve, reject) => {
    let socket!: Socket;
    const peer = formatEndpoint(endpoint);
    const link = new StreamLink(
      (reader) => {
        socket = open(target, endpoint, reader, trust);
        return socket;
      },
      { kind: endpoint.kind, peer, ...(maxFrame === undefined ? {} : { capabilities: { maxFrame } }) },
    );
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    const fail = (error: TapswitchError): void => {
      settle();
      link.close();
      reject(error);
    };
    const unreachable = (why: string, cause?: Error): void =>
      fail(new TapswitchError("unreachable", `cannot connect to ${peer} (${why})`, { cause }));
    const abort = (): void => unreachable("stopped");
    signal?.addEventListener("abort", abort);
    const timer = setTimeout(() => unreachable(`no answer within ${ATTEMPT_MS / 1_000} s`), ATTEMPT_MS);
    socket.once("error", (error) => unreachable(errnoOf(error) ?? error.message, error));
    socket.once(endpoint.kind === "tls" ? "secureConnect" : "connect", () => {
      try {
        trust?.check(socket as TLSSocket);
      } catch (error) {
        return fail(error as TapswitchError);
      }
      settle();
      if (endpoint.kind !== "unix") tuneTcp(socket, DEAD_MS);
      resolve(link);
    });
    if (signal?.aborted) abort();
  });
}

/** A socket that is on its way to the target. */
function open(target: Target, endpoint: StreamEndpoint, onread: Reader, trust?: ServerTrust): Socket {
  if (endpoint.kind === "tls") {
    const options = {
      ...target,
      ...trust!.options,
      servername: isIP(endpoint.host) === 0 ? endpoint.host : "",
      onread,
    };
    return connectTls(options as ConnectionOptions);
  }
  const socket = new Socket({ onread, noDelay: true } as ConstructorParameters<typeof Socket>[0]);
  return socket.connect(target);
}
