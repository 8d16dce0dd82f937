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

/** A connected stream, not yet started. `check` may throw to refuse an address before it is tried. */
export async function dial(endpoint: Endpoint, check: (address: string) => void): Promise<StreamLink> {
  if (endpoint.kind === "unix") return attempt({ path: endpoint.path }, endpoint);
  let last: unknown;
  for (const host of await addresses(endpoint)) {
    check(host);
    try {
      return await attempt({ host, port: endpoint.port }, endpoint);
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

function attempt(target: Target, endpoint: Endpoint): Promise<StreamLink> {
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
    const fail = (why: string, cause?: Error): void => {
      clearTimeout(timer);
      link.close();
      reject(new TapswitchError("unreachable", `cannot connect to ${peer} (${why})`, { cause }));
    };
    const timer = setTimeout(() => fail(`no answer within ${ATTEMPT_MS / 1_000} s`), ATTEMPT_MS);
    socket.once("error", (error) => fail(errnoOf(error) ?? error.message, error));
    socket.once("connect", () => {
      clearTimeout(timer);
      if (endpoint.kind === "tcp") tuneTcp(socket);
      resolve(link);
    });
    socket.connect(target);
  });
}
