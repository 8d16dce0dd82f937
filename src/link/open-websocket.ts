/** Makes WebSocket links: of a connection that asked a web server for one, and of one that is made here. */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type ServerOptions, WebSocket, WebSocketServer } from "ws";
import { errnoOf, TapswitchError } from "../errors.js";
import { MAX_FRAME } from "../frame/record.js";
import { WebSocketLink, type WebSocketParts } from "./websocket.js";

/** Fragments of one message, and pieces of one fragment: browsers divide what is above 64 KiB. */
const MAX_FRAGMENTS = 256;
const MAX_PIECES = 4_096;
/** How long a peer may take to confirm the end. */
const CLOSE_MS = 1_000;
const CONNECT_MS = 10_000;

/** What must hold for the `WebSocket` of a link. Compression is off: frames are small, and often encrypted already. */
export const WEBSOCKET_OPTIONS = {
  perMessageDeflate: false,
  maxPayload: MAX_FRAME,
  maxFragments: MAX_FRAGMENTS,
  maxBufferedChunks: MAX_PIECES,
  skipUTF8Validation: true,
  autoPong: false,
  closeTimeout: CLOSE_MS,
} as const;

/** What a link is called, and who is told of its end. */
export type WebSocketNames = Pick<WebSocketParts, "kind" | "peer" | "pulse" | "ended">;

const server = new WebSocketServer({
  ...WEBSOCKET_OPTIONS,
  noServer: true,
  clientTracking: false,
} as ServerOptions);

/**
 * Takes the connection of a request for an upgrade. Of sub-protocols the first that was offered is taken, whatever it
 * is called. A request that is none for a WebSocket is answered so, and null comes back.
 */
export function acceptWebSocket(
  request: IncomingMessage,
  head: Buffer,
  names: WebSocketNames,
): WebSocketLink | null {
  let link: WebSocketLink | null = null;
  const { socket } = request;
  server.handleUpgrade(request, socket, head, (webSocket) => {
    link = new WebSocketLink({ webSocket, socket, isClient: false, ...names });
  });
  return link;
}

/** Connects to `url`. Rejects with `unreachable`, and when `signal` is aborted. */
export function connectWebSocket(
  url: string,
  names: WebSocketNames,
  { signal, ca }: { readonly signal?: AbortSignal; readonly ca?: string } = {},
): Promise<WebSocketLink> {
  const options = { ...WEBSOCKET_OPTIONS, handshakeTimeout: CONNECT_MS, ...(ca === undefined ? {} : { ca }) };
  const webSocket = new WebSocket(url, options);
  let socket: Socket;
  const abort = (): void => webSocket.terminate();
  signal?.addEventListener("abort", abort);
  return new Promise<WebSocketLink>((resolve, reject) => {
    webSocket.once("upgrade", (response) => {
      socket = response.socket;
    });
    webSocket.once("open", () => {
      webSocket.off("error", reject);
      resolve(new WebSocketLink({ webSocket, socket, isClient: true, ...names }));
    });
    webSocket.on("error", reject);
  })
    .catch((cause: Error) => {
      const why = errnoOf(cause) ?? cause.message;
      throw new TapswitchError("unreachable", `cannot connect to ${names.peer} (${why})`, { cause });
    })
    .finally(() => signal?.removeEventListener("abort", abort));
}
