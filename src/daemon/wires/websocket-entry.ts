/** How a request for a WebSocket becomes a port: the same for a listener of its own and for that of the web page. */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type WebSocketGuard, webSocketRefusal } from "../../control/websocket-guard.js";
import { TapswitchError } from "../../errors.js";
import { acceptWebSocket } from "../../link/open-websocket.js";
import { peerName } from "../door/listener.js";
import type { WireHall } from "./wire-kind.js";

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  503: "Service Unavailable",
};

export interface WebSocketEntry {
  readonly guard: WebSocketGuard;
  readonly hall: WireHall;
  readonly kind: "ws" | "wss";
}

/** Lets the asker in, or says why not and ends the connection. Answers whether it is in. */
export function enterWebSocket(
  request: IncomingMessage,
  head: Buffer,
  { guard, hall, kind }: WebSocketEntry,
): boolean {
  const { socket } = request;
  const peer = peerName(socket);
  const refusal = webSocketRefusal(request, guard);
  if (refusal !== null) {
    refuse(socket, refusal.status, refusal.message);
    hall.refused(peer, new TapswitchError("not-authenticated", refusal.message));
    return false;
  }
  if (!hall.hasRoom()) {
    refuse(socket, 503, "there is no room for another port");
    return false;
  }
  const link = acceptWebSocket(request, head, { kind, peer });
  if (link === null) return false;
  try {
    hall.take(link);
    return true;
  } catch (error) {
    link.close(error as Error);
    hall.refused(peer, error as Error);
    return false;
  }
}

function refuse(socket: Socket, status: number, message: string): void {
  const body = `${message}\n`;
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status]}`,
    ...["Connection: close", "Content-Type: text/plain; charset=utf-8"],
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.once("error", () => socket.destroy());
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
