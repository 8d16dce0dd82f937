/**
 * Listens for WebSockets. Until one is in, it is a stranger's connection like any other: the doorkeeper bounds how
 * many there are, how long they may take and how fast they may try tokens, and TLS handshakes take turns.
 */
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import { formatEndpoint } from "../../config/endpoint/endpoint.js";
import { isLoopback } from "../../config/endpoint/host.js";
import type { WebSocketEndpoint } from "../../config/endpoint/websocket.js";
import { native } from "../../native/native.js";
import { Doorkeeper, type Visit } from "../door/doorkeeper.js";
import { listenError } from "../door/listener.js";
import { tuneTcp } from "../socket-options.js";
import { makeContext, readCertificate, readToken } from "../web-secrets.js";
import { enterWebSocket, type WebSocketEntry } from "./websocket-entry.js";
import type { OpenedListener, WireHall } from "./wire-kind.js";

const MAX_HEADER_BYTES = 8_192;
const BACKLOG = 1_024;

/** Rejects with `in-use`, `no-permission`, `usage`, `missing`. */
export async function listenWebSocket(endpoint: WebSocketEndpoint, hall: WireHall): Promise<OpenedListener> {
  // Here and not at the first connection is where it should be found missing.
  native();
  const listener = new WebSocketListener(endpoint, hall);
  await listener.listen();
  return listener;
}

interface ListenerSecrets {
  /** Null where none is asked for. */
  readonly token: string | null;
  /** Null where nothing is encrypted. */
  readonly context: SecureContext | null;
  /** All that the files hold, to see whether any has changed. */
  readonly text: string;
}

/** What the files say that the endpoint names. Throws `usage`. */
export function readListenerSecrets({ token: file, cert, key }: WebSocketEndpoint): ListenerSecrets {
  const token = file === undefined ? null : readToken(file, "--listen");
  if (cert === undefined || key === undefined) return { token, context: null, text: `${token}` };
  const options = readCertificate({ cert, key }, "--listen");
  const context = makeContext(options, `${cert} and ${key}`);
  return { token, context, text: `${token}\0${options.cert}\0${options.key}` };
}

class WebSocketListener implements OpenedListener {
  readonly #endpoint: WebSocketEndpoint;
  #secrets: ListenerSecrets;
  #entry: WebSocketEntry;
  readonly #keeper: Doorkeeper;
  readonly #tcp = createServer((socket) => this.#take(socket));
  readonly #http = createHttp({ maxHeaderSize: MAX_HEADER_BYTES }, onlyWebSockets);
  /** Connections that are no port yet, and how each of them ends. */
  readonly #visits = new Map<Socket, Visiting>();

  constructor(endpoint: WebSocketEndpoint, hall: WireHall) {
    const { host, origin: origins, kind } = endpoint;
    this.#endpoint = endpoint;
    this.#secrets = readListenerSecrets(endpoint);
    const { token } = this.#secrets;
    this.#entry = { guard: { local: isLoopback(host), token, origins }, hall, kind };
    this.#keeper = new Doorkeeper({ clock: hall.clock });
    this.#http.on("upgrade", (request: IncomingMessage, _socket, head: Buffer) => {
      if (enterWebSocket(request, head, this.#entry)) this.#visits.get(request.socket)?.admitted();
    });
  }

  get bound(): string {
    return formatEndpoint({ ...this.#endpoint, port: (this.#tcp.address() as AddressInfo).port });
  }

  reread(): (() => void) | null {
    const secrets = readListenerSecrets(this.#endpoint);
    if (secrets.text === this.#secrets.text) return null;
    return () => {
      this.#secrets = secrets;
      this.#entry = { ...this.#entry, guard: { ...this.#entry.guard, token: secrets.token } };
    };
  }

  listen(): Promise<void> {
    const { host, port } = this.#endpoint;
    return new Promise((resolve, reject) => {
      this.#tcp.once("error", (error) => reject(listenError(this.#endpoint, error)));
      this.#tcp.listen({ host, port, backlog: BACKLOG }, resolve);
    });
  }

  close(): void {
    this.#tcp.close();
    for (const { end } of this.#visits.values()) end();
  }

  #take(socket: Socket): void {
    const visit = this.#keeper.enter(socket.remoteAddress ?? "");
    if (visit === null) {
      socket.destroy();
      return;
    }
    tuneTcp(socket);
    const visiting = this.#visiting(socket, visit);
    this.#visits.set(socket, visiting);
    visit.turn(() => this.#begin(socket, visiting));
  }

  /** Reads a request from it, or begins its handshake. */
  #begin(socket: Socket, visiting: Visiting): void {
    if (socket.destroyed) return;
    const { context } = this.#secrets;
    if (context === null) {
      this.#http.emit("connection", socket);
      return;
    }
    const encrypted = new TLSSocket(socket, { isServer: true, secureContext: context });
    encrypted.on("error", visiting.end);
    this.#visits.set(encrypted, visiting);
    this.#http.emit("connection", encrypted);
  }

  #visiting(socket: Socket, visit: Visit): Visiting {
    const forget = (): void => {
      clearTimeout(deadline);
      for (const [one, visiting] of this.#visits) if (visiting === mine) this.#visits.delete(one);
    };
    const mine: Visiting = {
      admitted: () => {
        visit.admitted();
        forget();
      },
      end: () => {
        forget();
        socket.destroy();
      },
    };
    const deadline = setTimeout(mine.end, this.#keeper.limits.deadlineMs);
    socket.on("error", mine.end);
    socket.on("close", () => {
      forget();
      // Of one that was admitted this is no failure any more.
      visit.ended();
    });
    return mine;
  }
}

interface Visiting {
  admitted(): void;
  end(): void;
}

function onlyWebSockets(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, { upgrade: "websocket", connection: "close", "content-type": "text/plain" });
  response.end("this is a port of an Ethernet switch: connect with a WebSocket\n");
}
