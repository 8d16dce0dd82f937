/** Opens one listening socket and hands on what connects, as streams. Cleans up after itself, and after a crash. */
import { chmodSync, chownSync, lstatSync, readFileSync, statSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import type { Endpoint, UnixEndpoint } from "../config/endpoint.js";
import { formatEndpoint } from "../config/endpoint.js";
import { errnoOf, TapswitchError } from "../errors.js";
import { adoptSocket, type Reader } from "../link/adopt-socket.js";
import { StreamLink } from "../link/stream.js";
import { native } from "../native/native.js";
import { tuneTcp } from "./socket-options.js";

/** Connections that the kernel holds for us until they are accepted. */
const BACKLOG = 1_024;

export interface ListenerEvents {
  /** Whether one more connection may be taken. */
  room(): boolean;
  accept(link: StreamLink): void;
  /** A connection that was accepted has closed. */
  ended(link: StreamLink, error?: Error): void;
  /** A connection could not be taken, for lack of descriptors or memory; the listener goes on. */
  failed(error: Error): void;
}

export class Listener {
  readonly endpoint: Endpoint;
  readonly #server: Server;

  private constructor(endpoint: Endpoint, server: Server) {
    this.endpoint = endpoint;
    this.#server = server;
  }

  /** Listens; connections without room are closed at once. Throws `in-use`, `no-permission`, `missing`, `usage`. */
  static async open(endpoint: Endpoint, events: ListenerEvents): Promise<Listener> {
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      if (events.room()) events.accept(streamOf(socket, endpoint, events));
      else socket.destroy();
    });
    if (endpoint.kind === "unix") await removeStale(endpoint.path);
    // Here and not at the first connection is where it should be found missing.
    else native();
    await listen(server, endpoint);
    server.on("error", (error) => events.failed(error));
    try {
      if (endpoint.kind === "unix") setRights(endpoint);
    } catch (error) {
      server.close();
      throw error;
    }
    return new Listener(endpoint, server);
  }

  /** The endpoint with the port that the kernel chose, where it was 0. */
  get bound(): string {
    const address = this.#server.address();
    if (this.endpoint.kind !== "tcp" || address === null || typeof address === "string") {
      return formatEndpoint(this.endpoint);
    }
    return formatEndpoint({ ...this.endpoint, port: address.port });
  }

  /** Stops listening and removes a Unix socket's path. Connections stay. */
  close(): void {
    this.#server.close();
  }
}

function streamOf(socket: Socket, endpoint: Endpoint, events: ListenerEvents): StreamLink {
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

function peerName(socket: Socket): string {
  const address = (socket.remoteAddress ?? "?").replace(/^::ffff:(?=\d+\.)/, "");
  return address.includes(":") ? `[${address}]:${socket.remotePort}` : `${address}:${socket.remotePort}`;
}

function listen(server: Server, endpoint: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(listenError(endpoint, error));
    server.once("error", failed);
    server.once("listening", () => {
      server.off("error", failed);
      resolve();
    });
    if (endpoint.kind === "unix") server.listen({ path: endpoint.path, backlog: BACKLOG });
    else server.listen({ host: endpoint.host, port: endpoint.port, backlog: BACKLOG });
  });
}

function listenError(endpoint: Endpoint, cause: Error): TapswitchError {
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

/** A socket's path outlives a crash. It is replaced if nobody answers there, and never if it is something else. */
async function removeStale(path: string): Promise<void> {
  // Binding would call a missing folder a lack of rights.
  onPath(`listen on '${path}'`, () => statSync(dirname(path)));
  const found = onPath(`look at '${path}'`, () => lstatSync(path, { throwIfNoEntry: false }));
  if (found === undefined) return;
  if (!found.isSocket())
    throw new TapswitchError("in-use", `'${path}' exists and is no socket: choose another path`);
  if (await answers(path)) {
    throw new TapswitchError("in-use", `another process serves '${path}': stop it or choose another path`);
  }
  onPath(`remove '${path}', which a process has left,`, () => unlinkSync(path));
}

/** Makes a call on the file system; an error says what could not be done. */
function onPath<T>(what: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    const errno = errnoOf(cause) ?? "";
    const failed = `cannot ${what} (${errno})`;
    if (errno === "EACCES" || errno === "EPERM") {
      const fix = "run as its owner, or choose a folder you may write to";
      throw new TapswitchError("no-permission", `${failed}: ${fix}`, { cause });
    }
    if (errno === "ENOENT" || errno === "ENOTDIR")
      throw new TapswitchError("usage", `${failed}: the folder does not exist`, { cause });
    throw new TapswitchError("system", failed, { cause });
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path }, () => {
      probe.destroy();
      resolve(true);
    });
    // ECONNREFUSED is the only answer of a path that nobody holds; anything else may be a live server.
    probe.on("error", (error) => resolve(errnoOf(error) !== "ECONNREFUSED"));
  });
}

function setRights({ path, mode, group }: UnixEndpoint): void {
  const gid = group === undefined ? undefined : groupId(group);
  onPath(`set the mode or group of '${path}'`, () => {
    if (gid !== undefined) chownSync(path, process.getuid!(), gid);
    if (mode !== undefined) chmodSync(path, mode);
  });
}

function groupId(group: string): number {
  if (/^\d+$/.test(group)) return Number(group);
  const line = readFileSync("/etc/group", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${group}:`));
  if (line === undefined) throw new TapswitchError("usage", `there is no group '${group}' on this machine`);
  return Number(line.split(":")[2]);
}
