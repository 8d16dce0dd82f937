/** Connects to an endpoint: every address of the name in turn, each with time enough for a long link. */
import { lookup } from "node:dns/promises";
import { Socket } from "node:net";
import { type Endpoint, formatEndpoint, type TcpEndpoint } from "../config/endpoint.js";
import { errnoOf, TapswitchError } from "../errors.js";
import { StreamLink } from "../link/stream.js";
import { tuneTcp } from "./socket-options.js";

/** One address gets this long; Node's own 250 ms fails on long links. */
const ATTEMPT_MS = 5_000;

type Target = { readonly host: string; readonly port: number } | { readonly path: string };

export interface DialOptions {
  /** May throw to refuse an address before it is tried. */
  check?(address: string): void;
  /** Ends the attempt at once; only the look-up of a name cannot be called back. */
  readonly signal?: AbortSignal;
}

/** A connected stream, not yet started. */
export async function dial(endpoint: Endpoint, { check, signal }: DialOptions = {}): Promise<StreamLink> {
  if (endpoint.kind === "unix") return attempt({ path: endpoint.path }, endpoint, signal);
  let last: unknown;
  for (const host of await addresses(endpoint)) {
    check?.(host);
    try {
      return await attempt({ host, port: endpoint.port }, endpoint, signal);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

async function addresses({ host }: TcpEndpoint): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map((found) => found.address);
  } catch (cause) {
    throw new TapswitchError("unreachable", `cannot find the address of '${host}' (${errnoOf(cause)})`, {
      cause,
    });
  }
}

function attempt(target: Target, endpoint: Endpoint, signal?: AbortSignal): Promise<StreamLink> {
  return new Promise((resolve, reject) => {
    let socket!: Socket;
    const peer = formatEndpoint(endpoint);
    const link = new StreamLink(
      (reader) => {
        const options = { onread: reader, noDelay: true };
        socket = new Socket(options as ConstructorParameters<typeof Socket>[0]);
        return socket;
      },
      { kind: endpoint.kind, peer },
    );
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    const fail = (why: string, cause?: Error): void => {
      settle();
      link.close();
      reject(new TapswitchError("unreachable", `cannot connect to ${peer} (${why})`, { cause }));
    };
    const abort = (): void => fail("stopped");
    signal?.addEventListener("abort", abort);
    const timer = setTimeout(() => fail(`no answer within ${ATTEMPT_MS / 1_000} s`), ATTEMPT_MS);
    socket.once("error", (error) => fail(errnoOf(error) ?? error.message, error));
    socket.once("connect", () => {
      settle();
      if (endpoint.kind === "tcp") tuneTcp(socket);
      resolve(link);
    });
    if (signal?.aborted) fail("stopped");
    else socket.connect(target);
  });
}
