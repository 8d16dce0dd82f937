/** The web page and the metrics of a process: what the files say that `--http` names, and who is told of refusals. */
import type { SecureContextOptions } from "node:tls";
import type { HttpEndpoint } from "../config/http-endpoint.js";
import type { Api } from "../control/api.js";
import { type WebSecrets, WebServer } from "../control/web-server.js";
import { loadIdentity } from "../state/identity-file.js";
import { openStateFolder } from "../state/state-folder.js";
import type { Log } from "./log.js";
import type { LogLimiter } from "./log-limiter.js";
import { readCertificate, readToken } from "./web-secrets.js";

export interface WebParts {
  readonly api: Api;
  /** The folder whose identity is shown where the endpoint names no certificate. */
  readonly state: string | undefined;
  readonly log: Log;
  readonly limiter: LogLimiter;
}

/** Opens the page and says where. Throws `usage`, `in-use`, `no-permission`, `missing`. */
export async function openWeb(endpoint: HttpEndpoint, parts: WebParts): Promise<WebServer> {
  const { api, state, log, limiter } = parts;
  const web = await WebServer.open({
    endpoint,
    api,
    secrets: () => readSecrets(endpoint, state),
    refused: (from, why) =>
      limiter.note("http-refused", (leftOut) => log.warn({ from, why, leftOut }, "HTTP request refused")),
    failed: (error) => log.error({ err: error }, "HTTP"),
  });
  const open = endpoint.token === undefined ? ", for every user of this machine: ?token=FILE closes it" : "";
  log.info(`web page and metrics on ${web.url}${open}`);
  return web;
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
