/**
 * The web page, the metrics and what the page asks, over HTTP. It only looks: whatever changes anything is for the
 * control socket, whose path has permissions. Connections that ask to go on as something else are handed on, if anyone
 * takes them. See `web-guard.ts` for who may ask.
 */
import {
  createServer as createPlain,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createEncrypted, type Server as EncryptedServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { SecureContextOptions } from "node:tls";
import { type Clock, monotonicClock } from "../clock.js";
import { isLoopback } from "../config/endpoint/host.js";
import { formatHttpEndpoint, type HttpEndpoint } from "../config/http-endpoint.js";
import { errnoOf, TapswitchError } from "../errors.js";
import type { Api } from "./api.js";
import { HttpApi } from "./http-api.js";
import { type Guard, type Refusal, refusalOf } from "./web-guard.js";
import { type PageFile, readPage, SAFETY_HEADERS } from "./web-page.js";

/** A browser opens six; the rest is for scrapes and for pages that somebody left open. */
const MAX_CONNECTIONS = 64;
/** New connections in a second: a stranger's TLS handshakes must not take the time that traffic needs. */
const MAX_NEW_PER_SECOND = 60;
const MAX_HEADER_BYTES = 8_192;
const MAX_STREAMS = 8;
const REQUEST_MS = 10_000;
const IDLE_MS = 15_000;

/** What a looking-in may ask; nothing of it changes anything, and nothing says who may join. */
const CALLS = ["status", "networks", "ports", "fdb", "hosts"] as const;
const STREAMS = ["events", "capture"] as const;

export interface WebOptions {
  readonly endpoint: HttpEndpoint;
  readonly api: Api;
  /** What the files say: read when it is opened, and again by `reload`. */
  readonly secrets: () => WebSecrets;
  readonly clock?: Clock;
  /** Takes a connection that asks to go on as something else. Absent: such requests are answered as any other. */
  readonly upgrade?: ((request: IncomingMessage, head: Buffer, guard: Guard) => void) | undefined;
  /** Told of every request that was refused, and of mistakes of ours. */
  readonly refused: (from: string, why: string) => void;
  readonly failed: (error: unknown) => void;
}

export interface WebSecrets {
  readonly token: string | null;
  /** Null where it is not encrypted. */
  readonly tls: SecureContextOptions | null;
}

export class WebServer {
  readonly #options: WebOptions;
  readonly #clock: Clock;
  readonly #api: HttpApi;
  readonly #page: ReadonlyMap<string, PageFile>;
  readonly #server: Server | EncryptedServer;
  #guard: Guard;
  #second = 0;
  #newInSecond = 0;
  /** Connections that are of the web still. */
  #open = 0;

  private constructor(options: WebOptions) {
    const { endpoint, api, failed } = options;
    const { token, tls } = options.secrets();
    this.#options = options;
    this.#clock = options.clock ?? monotonicClock;
    this.#api = new HttpApi({ api: onlyLooking(api), limits: { streams: MAX_STREAMS }, failed });
    this.#page = readPage();
    this.#guard = { local: isLoopback(endpoint.host), encrypted: endpoint.encrypted, token };
    const answer = (request: IncomingMessage, response: ServerResponse): void =>
      this.#answer(request, response);
    const bounds = {
      ...{ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, keepAliveTimeout: IDLE_MS },
      maxHeaderSize: MAX_HEADER_BYTES,
    };
    this.#server =
      tls === null
        ? createPlain(bounds, answer)
        : createEncrypted({ ...bounds, handshakeTimeout: REQUEST_MS, ...tls }, answer);
    this.#server.prependListener("connection", (socket) => {
      if (!this.#hasTime() || this.#open >= MAX_CONNECTIONS) socket.destroy();
      else this.#count(socket);
    });
    if (options.upgrade !== undefined) this.#server.on("upgrade", (...asked) => this.#upgrade(...asked));
  }

  /** Listens. Throws `in-use`, `no-permission`, `usage`, `missing`. */
  static async open(options: WebOptions): Promise<WebServer> {
    // Loaded now, since the first scrape would hold up frames for it.
    await import("./metrics.js");
    const web = new WebServer(options);
    await web.#listen();
    return web;
  }

  /** What one types into a browser. */
  get url(): string {
    return formatHttpEndpoint(this.#options.endpoint, (this.#server.address() as AddressInfo).port);
  }

  /** Reads token, certificate and key again. Throws `usage`, leaving all as it was. */
  reload(): void {
    const { token, tls } = this.#options.secrets();
    if (tls !== null) (this.#server as EncryptedServer).setSecureContext(tls);
    this.#guard = { ...this.#guard, token };
  }

  close(): void {
    this.#api.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #listen(): Promise<void> {
    const { host, port } = this.#options.endpoint;
    return new Promise((resolve, reject) => {
      this.#server.once("error", (cause) => reject(notListening(this.#options.endpoint, cause)));
      this.#server.listen({ host, port }, resolve);
    });
  }

  #hasTime(): boolean {
    const second = Math.floor(this.#clock.now() / 1_000);
    if (second !== this.#second) this.#newInSecond = 0;
    this.#second = second;
    return ++this.#newInSecond <= MAX_NEW_PER_SECOND;
  }

  #count(socket: Socket): void {
    this.#open++;
    socket.once("close", () => this.#open--);
  }

  /** What it becomes is bounded by whoever takes it. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#open--;
    socket.once("close", () => this.#open++);
    this.#options.upgrade!(request, head, this.#guard);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(SAFETY_HEADERS)) response.setHeader(name, value);
    const { method, url = "", headers } = request;
    const refusal = refusalOf(headers, this.#guard);
    if (refusal !== null) this.#refuse(request, response, refusal);
    else if (method !== "GET") refuse(response, 405, "this is for looking only: use the control socket");
    else if (hasBody(headers)) refuse(response, 413, "a question has no body here");
    else this.#serve(url.split("?")[0]!, request, response);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, { status, message }: Refusal): void {
    this.#options.refused(request.socket.remoteAddress ?? "unknown", message);
    if (status === 401) response.setHeader("www-authenticate", 'Basic realm="tapswitch", charset="UTF-8"');
    refuse(response, status, message);
  }

  #serve(path: string, request: IncomingMessage, response: ServerResponse): void {
    const file = this.#page.get(path);
    if (file === undefined) void this.#api.answer(request, response);
    else response.writeHead(200, { "content-type": file.type }).end(file.bytes);
  }
}

function hasBody(headers: IncomingMessage["headers"]): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", connection: "close" });
  response.end(`${message}\n`);
}

function onlyLooking(api: Api): Api {
  return { calls: pick(api.calls, CALLS), streams: pick(api.streams, STREAMS), lacks: api.lacks };
}

function pick<Whole extends object, Name extends string>(
  whole: Whole,
  names: readonly Name[],
): Partial<Whole> {
  const wanted: readonly string[] = names;
  return Object.fromEntries(
    Object.entries(whole).filter(([name]) => wanted.includes(name)),
  ) as Partial<Whole>;
}

function notListening({ host, port }: HttpEndpoint, cause: Error): TapswitchError {
  const errno = errnoOf(cause);
  const code = errno === "EADDRINUSE" ? "in-use" : errno === "EACCES" ? "no-permission" : "usage";
  return new TapswitchError(
    code,
    `cannot serve HTTP on ${host}:${port} (${errno}): name another place with --http`,
    {
      cause,
    },
  );
}
