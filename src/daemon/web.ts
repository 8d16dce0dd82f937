/** The web page and the metrics of a process: what the files say that `--http` names, and who is told of refusals. */
import type { IncomingMessage } from "node:http";
import type { SecureContextOptions } from "node:tls";
import type { HttpEndpoint } from "../config/http-endpoint.js";
import type { Api } from "../control/api.js";
import type { Guard } from "../control/web-guard.js";
import { type WebSecrets, WebServer } from "../control/web-server.js";
import { loadIdentity } from "../state/identity-file.js";
import { openStateFolder } from "../state/state-folder.js";
import type { Log } from "./log.js";
import type { LogLimiter } from "./log-limiter.js";
import { readCertificate, readToken } from "./web-secrets.js";
import { enterWebSocket } from "./wires/websocket-entry.js";
import type { WireHall } from "./wires/wire-kind.js";

export interface WebParts {
  readonly api: Api;
  /** The folder whose identity is shown where the endpoint names no certificate. */
  readonly state: string | undefined;
  readonly log: Log;
  readonly limiter: LogLimiter;
  /** Where links of a network come in; null where there is no such network. */
  hall(network: string): WireHall | null;
}

/** "/ws/lab", "/ws/lab/TOKEN". */
const WEBSOCKET_PATH = /^\/ws\/([^/?]+)/;

/** Opens the page and says where. Throws `usage`, `in-use`, `no-permission`, `missing`. */
export async function openWeb(endpoint: HttpEndpoint, parts: WebParts): Promise<WebServer> {
  const { api, state, log, limiter, hall } = parts;
  const web = await WebServer.open({
    endpoint,
    api,
    secrets: () => readSecrets(endpoint, state),
    refused: (from, why) =>
      limiter.note("http-refused", (leftOut) => log.warn({ from, why, leftOut }, "HTTP request refused")),
    failed: (error) => log.error({ err: error }, "HTTP"),
    upgrade: endpoint.webSockets ? (...asked) => upgrade(hall, ...asked) : undefined,
  });
  const open = endpoint.token === undefined ? ", for every user of this machine: ?token=FILE closes it" : "";
  log.info(`web page and metrics on ${web.url}${open}`);
  return web;
}

/** A request for a WebSocket: who may look at the page may have a port. */
function upgrade(
  hallOf: WebParts["hall"],
  request: IncomingMessage,
  head: Buffer,
  { local, encrypted, token }: Guard,
): void {
  const network = WEBSOCKET_PATH.exec(request.url ?? "")?.[1];
  const hall = network === undefined ? null : hallOf(network);
  if (hall === null) request.socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
  else {
    const guard = { local, token, origins: undefined };
    enterWebSocket(request, head, { guard, hall, kind: encrypted ? "wss" : "ws" });
  }
}

function readSecrets(endpoint: HttpEndpoint, state: string | undefined): WebSecrets {
  const { cert, key, encrypted } = endpoint;
  const token = endpoint.token === undefined ? null : readToken(endpoint.token, "--http");
  if (!encrypted) return { token, tls: null };
  const named = cert !== undefined && key !== undefined;
  return { token, tls: named ? readCertificate({ cert, key }, "--http") : readOwn(state) };
}

function readOwn(state: string | undefined): SecureContextOptions {
  const own = loadIdentity(openStateFolder(state));
  return { minVersion: "TLSv1.2", cert: own.certificate, key: own.key };
}
