/** The web page and the metrics of a process: what the files say that `--http` names, and who is told of refusals. */
import { readFileSync, statSync } from "node:fs";
import type { SecureContextOptions } from "node:tls";
import type { HttpEndpoint } from "../config/http-endpoint.js";
import type { Api } from "../control/api.js";
import { type WebSecrets, WebServer } from "../control/web-server.js";
import { errnoOf, TapswitchError } from "../errors.js";
import { loadIdentity } from "../state/identity-file.js";
import { openStateFolder } from "../state/state-folder.js";
import type { Log } from "./log.js";
import type { LogLimiter } from "./log-limiter.js";

/** Nobody guesses 16 characters over a network, unless they are words. */
const MIN_TOKEN = 16;
/** Bits that let everyone read. */
const EVERYONE = 0o004;

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
  const token = endpoint.token === undefined ? null : readToken(endpoint.token);
  return { token, tls: endpoint.encrypted ? readCertificate(endpoint, state) : null };
}

function readToken(file: string): string {
  const token = readText(file).trim();
  if ((statSync(file).mode & EVERYONE) !== 0)
    throw new TapswitchError("usage", `--http: everyone can read '${file}': chmod 600 it`);
  if (token.length >= MIN_TOKEN && /^[\x21-\x7e]+$/.test(token)) return token;
  const fix = `${MIN_TOKEN} characters or more on one line, as 'openssl rand -hex 24' prints them`;
  throw new TapswitchError("usage", `--http: '${file}' holds no token: ${fix}`);
}

function readCertificate({ cert, key }: HttpEndpoint, state: string | undefined): SecureContextOptions {
  if (cert !== undefined && key !== undefined)
    return { minVersion: "TLSv1.2", cert: readText(cert), key: readText(key) };
  const own = loadIdentity(openStateFolder(state));
  return { minVersion: "TLSv1.2", cert: own.certificate, key: own.key };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new TapswitchError("usage", `--http: cannot read '${file}' (${errnoOf(cause)})`, { cause });
  }
}
