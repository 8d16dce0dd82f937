/** Opens one listening socket and hands on what connects, as streams. Cleans up after itself, and after a crash. */
import { createServer, type Server, type Socket } from "node:net";
import { type Endpoint, formatEndpoint, type StreamEndpoint } from "../../config/endpoint/endpoint.js";
import type { TlsEndpoint } from "../../config/endpoint/tls.js";
import { isExposed, takesRaw } from "../../config/exposure.js";
import type { ListenerView } from "../../control/inspect-api.js";
import { errnoOf, TapswitchError } from "../../errors.js";
import { adoptSocket, listeningFd, type Reader } from "../../link/adopt-socket.js";
import { StreamLink } from "../../link/stream.js";
import { removeStale, setRights } from "../../link/unix-path.js";
import { native } from "../../native/native.js";
import type { Identity } from "../../session/identity.js";
import { beginUnpaced } from "../congestion-control.js";
import type { Claimed } from "../service/inherited-sockets.js";
import { tuneTcp } from "../socket-options.js";
import { ANYONE, type Arrival } from "./arrival.js";
import type { Doorkeeper } from "./doorkeeper.js";
import { TlsGate } from "./tls-gate.js";

/** Connections that the kernel holds for us until they are accepted. */
const BACKLOG = 1_024;

export interface ListenerEvents {
  /** Whether one more connection may be taken. */
  room(): boolean;
  accept(link: StreamLink, arrival: Arrival): void;
  /** A connection that was accepted has closed. */
  ended(link: StreamLink, error?: Error): void;
  /** A connection ended before it had proven who it is. */
  unproven(peer: string, error?: Error): void;
  /** A connection could not be taken, for lack of descriptors or memory; the listener goes on. */
  failed(error: Error): void;
}

export interface TlsMeans {
  readonly identity: Identity;
  readonly doorkeeper: Doorkeeper;
}

export class Listener {
  readonly #events: ListenerEvents;
  readonly #server: Server;
  #endpoint: StreamEndpoint;
  #gate: TlsGate | null;

  private constructor(endpoint: StreamEndpoint, events: ListenerEvents, gate: TlsGate | null) {
    this.#endpoint = endpoint;
    this.#events = events;
    this.#gate = gate;
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#take(socket));
  }

  /**
   * Listens, on the socket that was inherited or on a new one; connections without room are closed at once. Throws
   * `in-use`, `no-permission`, `missing`, `usage`.
   */
  static async open(
    { endpoint, fd }: Claimed,
    events: ListenerEvents,
    tls: TlsMeans | undefined,
  ): Promise<Listener> {
    const listener = new Listener(endpoint, events, gateOf(endpoint, events, tls));
    const server = listener.#server;
    const ownPath = endpoint.kind === "unix" && fd === undefined;
    if (ownPath) await removeStale(endpoint.path);
    // Here and not at the first connection is where it should be found missing.
    else native();
    await listen(server, endpoint, fd);
    if (endpoint.kind !== "unix") beginUnpaced(listeningFd(server));
    server.on("error", (error) => events.failed(error));
    try {
      if (ownPath) setRights(endpoint);
    } catch (error) {
      server.close();
      throw error;
    }
    return listener;
  }

  get endpoint(): StreamEndpoint {
    return this.#endpoint;
  }

  /**
   * Readies other options for the same address, or another protocol there: it listens all the while, and nothing has
   * changed until the answer is called. Throws `usage`.
   */
  prepare(endpoint: StreamEndpoint, tls: TlsMeans | undefined): () => void {
    const gate = gateOf(endpoint, this.#events, tls);
    return () => {
      this.#gate?.close();
      this.#gate = gate;
      this.#endpoint = endpoint;
    };
  }

  /** The endpoint with the port that the kernel chose, where it was 0. */
  get bound(): string {
    return formatEndpoint(
      this.endpoint.kind === "unix" ? this.endpoint : { ...this.endpoint, port: this.port },
    );
  }

  view(): ListenerView {
    const { endpoint } = this;
    return {
      url: this.bound,
      raw: takesRaw(endpoint),
      encrypted: endpoint.kind === "tls",
      exposed: isExposed(endpoint),
    };
  }

  /** The TCP port, or 0 for a Unix socket. */
  get port(): number {
    const address = this.#server.address();
    return address === null || typeof address === "string" ? 0 : address.port;
  }

  /** Reads the files that the endpoint names again. Null where they are as before; else to be called. Throws `usage`. */
  reread(): (() => void) | null {
    return this.#gate?.reread() ?? null;
  }

  #take(socket: Socket): void {
    if (!this.#events.room()) socket.destroy();
    else if (this.#gate === null) this.#events.accept(streamOf(socket, this.#endpoint, this.#events), ANYONE);
    else if (!this.#gate.enter(socket, peerName(socket))) socket.destroy();
  }

  /** Stops listening and removes a Unix socket's path, unless it was inherited. Connections stay, but for those that have proven nothing. */
  close(): void {
    this.#server.close();
    this.#gate?.close();
  }
}

function gateOf(endpoint: StreamEndpoint, events: ListenerEvents, tls: TlsMeans | undefined): TlsGate | null {
  return endpoint.kind === "tls" ? openGate(endpoint, events, tls!) : null;
}

function openGate(endpoint: TlsEndpoint, events: ListenerEvents, tls: TlsMeans): TlsGate {
  return new TlsGate({
    endpoint,
    ...tls,
    accept: (link, arrival) => events.accept(link, arrival),
    ended: (link, arrived, error) =>
      arrived ? events.ended(link, error) : events.unproven(link.peer, error),
  });
}

function streamOf(socket: Socket, endpoint: StreamEndpoint, events: ListenerEvents): StreamLink {
  const peer = endpoint.kind === "unix" ? endpoint.path : peerName(socket);
  const open = (reader: Reader): Socket => {
    const adopted = adoptSocket(socket, reader);
    if (endpoint.kind === "tcp") tuneTcp(adopted);
    return adopted;
  };
  const ended = (error?: Error): void => events.ended(link, error);
  const link = new StreamLink(open, { kind: endpoint.kind, peer, ended });
  return link;
}

/** "10.0.0.1:4711", "[fd00::1]:4711". */
export function peerName(socket: Socket): string {
  const address = (socket.remoteAddress ?? "?").replace(/^::ffff:(?=\d+\.)/, "");
  return address.includes(":") ? `[${address}]:${socket.remotePort}` : `${address}:${socket.remotePort}`;
}

function listen(server: Server, endpoint: StreamEndpoint, fd: number | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(listenError(endpoint, error));
    server.once("error", failed);
    server.once("listening", () => {
      server.off("error", failed);
      resolve();
    });
    if (fd !== undefined) server.listen({ fd, backlog: BACKLOG });
    else if (endpoint.kind === "unix") server.listen({ path: endpoint.path, backlog: BACKLOG });
    else server.listen({ host: endpoint.host, port: endpoint.port, backlog: BACKLOG });
  });
}

/** What went wrong, and what to do about it. */
export function listenError(endpoint: Endpoint, cause: Error): TapswitchError {
  const errno = errnoOf(cause) ?? "";
  const what = `cannot listen on ${formatEndpoint(endpoint)} (${errno})`;
  if (errno === "EADDRINUSE")
    return new TapswitchError("in-use", `${what}: another process does; choose another port or path`, {
      cause,
    });
  if (errno === "EACCES" || errno === "EPERM") {
    return new TapswitchError(
      "no-permission",
      `${what}: choose a port from 1024 up or a folder you may write to`,
      { cause },
    );
  }
  if (errno === "EADDRNOTAVAIL" || errno === "ENOTFOUND") {
    return new TapswitchError("usage", `${what}: this machine has no such address`, { cause });
  }
  return new TapswitchError("system", what, { cause });
}
