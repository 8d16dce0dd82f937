/**
 * A socket that reads into memory of ours. Node offers `onread` for sockets that connect, not for sockets that a
 * server accepts, so an accepted one's handle moves to a new socket that has it. This file alone touches Node's
 * unnamed fields; its test runs on every supported version.
 */
import { type Server, Socket } from "node:net";

/** How a socket hands over what it reads: `buffer` gives the place for the next read, asked right after each. */
export interface Reader {
  buffer(): Uint8Array;
  /** `count` bytes have landed in the buffer given last. False stops the reading. */
  callback(count: number, buffer: Uint8Array): boolean;
}

interface Insides {
  _handle: { fd?: number } | null;
  _server: unknown;
  server: unknown;
}

/** Moves an accepted, paused socket's connection into a new socket that reads through `reader`. */
export function adoptSocket(accepted: Socket, reader: Reader): Socket {
  const from = accepted as unknown as Insides;
  const options = { handle: from._handle, onread: reader, noDelay: true };
  const adopted = new Socket(options as ConstructorParameters<typeof Socket>[0]);
  const to = adopted as unknown as Insides;
  // The server counts its connections by these; without them its `close` would wait for ever.
  to._server = from._server;
  to.server = from.server;
  from._handle = null;
  from._server = null;
  return adopted;
}

/** The file descriptor, or -1 where the platform has none. */
export function socketFd(socket: Socket): number {
  return (socket as unknown as Insides)._handle?.fd ?? -1;
}

/** The file descriptor of a server that listens. */
export function listeningFd(server: Server): number {
  return (server as unknown as Insides)._handle?.fd ?? -1;
}
