/**
 * `ws://127.0.0.1:9622` and `wss://`: frames in WebSocket messages, as browsers can send them. To listen, its path is the
 * peers' to choose; to attach, it is the far server's.
 */
import type { EndpointUrl } from "./endpoint-url.js";
import { formatHost } from "./host.js";
import type { AnyEndpoint, EndpointKind } from "./kind.js";

type Scheme = "ws" | "wss";

export interface WebSocketOf<Kind extends Scheme> extends AnyEndpoint {
  readonly kind: Kind;
  readonly host: string;
  readonly port: number;
  /** Of the far server, "/" where it does not matter. */
  readonly path: string;
  /** A file: what a peer must show, or is shown to the far server. */
  readonly token: string | undefined;
  /** Web sites whose pages may connect, as "https://lab.example"; "*": all. Undefined: those of this very host. */
  readonly origin: readonly string[] | undefined;
  /** Files: certificate and key of a listener that encrypts, from a CA that browsers know. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** A file: who vouches for the far server; undefined: the public CAs. */
  readonly ca: string | undefined;
}

export type WebSocketEndpoint = WebSocketOf<"ws"> | WebSocketOf<"wss">;

/** Those that URLs of these kinds have without saying so [RFC 6455 3]. */
const PORTS = { ws: 80, wss: 443 } as const;
/** What a browser says of a page: scheme, host and port, or "null" for a file [RFC 6454 6.2]. */
const ORIGIN_PATTERN = /^(\*|null|[a-z][a-z0-9+.-]*:\/\/[^/?#\s,]+)$/;
const BOTH = ["listen", "attach"] as const;
const LISTEN = ["listen"] as const;

export const WS: EndpointKind<WebSocketOf<"ws">, "listen" | "attach"> = {
  roles: BOTH,
  options: { token: BOTH, origin: LISTEN },
  example: "ws://127.0.0.1:9622?token=FILE",
  parse: (url, common) => ({ kind: "ws", ...common, ...parseRest(url, "ws") }),
  ...inText(),
};

export const WSS: EndpointKind<WebSocketOf<"wss">, "listen" | "attach"> = {
  roles: BOTH,
  options: { token: BOTH, origin: LISTEN, cert: LISTEN, key: LISTEN, ca: ["attach"] },
  example: "wss://0.0.0.0:9622?token=FILE&cert=FILE&key=FILE",
  isEncrypted: true,
  parse: (url, common) => ({ kind: "wss", ...common, ...parseRest(url, "wss") }),
  ...inText(),
};

function inText(): Pick<EndpointKind<WebSocketOf<Scheme>>, "format" | "write"> {
  return {
    format: (endpoint) => {
      const path = endpoint.path === "/" ? "" : encodeURI(endpoint.path);
      return `${endpoint.kind}://${formatHost(endpoint)}${path}`;
    },
    write: ({ token, origin, cert, key, ca }) => ({ token, origin: origin?.join(","), cert, key, ca }),
  };
}

function parseRest(
  url: EndpointUrl,
  kind: Scheme,
): Omit<WebSocketOf<Scheme>, "kind" | "network" | "portOptions"> {
  const { host, path } = url;
  if (host === "") throw url.wrong("no host");
  if (url.role === "listen" && path !== "/")
    throw url.wrong("the path is for the peers to choose: name the network with ?network=NAME");
  const [token, cert, key, ca] = ["token", "cert", "key", "ca"].map((name) => url.filled(name));
  if (url.role === "listen" && kind === "wss" && (cert === undefined || key === undefined))
    throw url.wrong("browsers want a certificate that they know: give cert=FILE and key=FILE");
  return { host, port: url.port ?? PORTS[kind], path, token, origin: origins(url), cert, key, ca };
}

function origins(url: EndpointUrl): readonly string[] | undefined {
  const list = url.filled("origin")?.split(",");
  const wrong = list?.find((origin) => !ORIGIN_PATTERN.test(origin));
  if (wrong !== undefined)
    throw url.wrong(`origin '${wrong}' is no list of web sites as https://lab.example, of '*' or 'null'`);
  return list;
}
