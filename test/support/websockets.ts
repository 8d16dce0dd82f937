/** WebSocket links over real connections, as the server and as the client have them, with `ws` at the far end. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createSecure } from "node:https";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { acceptWebSocket, connectWebSocket, type WebSocketNames } from "../../src/link/open-websocket.js";
import type { WebSocketLink } from "../../src/link/websocket.js";
import { SOMEONE } from "./secure.js";

/** A far end that keeps what it hears. */
export class WebSocketPeer {
  readonly webSocket: WebSocket;
  readonly frames: Buffer[] = [];
  /** Messages of text. */
  readonly texts: string[] = [];
  pings = 0;
  /** Code with which it was closed. */
  closed: number | undefined;

  constructor(webSocket: WebSocket) {
    this.webSocket = webSocket;
    webSocket.on("message", (data, isBinary) => {
      if (isBinary) this.frames.push(data as Buffer);
      else this.texts.push(String(data));
    });
    webSocket.on("ping", () => {
      this.pings++;
    });
    webSocket.on("close", (code) => {
      this.closed = code;
    });
    webSocket.on("error", () => undefined);
  }

  static async connect(url: string, options: object = {}, protocols: string[] = []): Promise<WebSocketPeer> {
    const webSocket = new WebSocket(url, protocols, { rejectUnauthorized: false, ...options });
    const peer = new WebSocketPeer(webSocket);
    await once(webSocket, "open");
    return peer;
  }

  send(frames: readonly Buffer[]): void {
    for (const frame of frames) this.webSocket.send(frame);
  }

  stall(stalled: boolean): void {
    if (stalled) this.webSocket.pause();
    else this.webSocket.resume();
  }
}

export interface WebSocketUnderTest {
  readonly link: WebSocketLink;
  readonly far: WebSocketPeer;
  readonly port: number;
  close(): void;
}

/** A link of a connection that a server has accepted, or, where `isSecure`, the same by TLS. */
export async function acceptedWebSocket(
  isSecure: boolean,
  names: Partial<WebSocketNames> = {},
): Promise<WebSocketUnderTest> {
  const { server, port, links } = await webSocketDoor(isSecure, names);
  const far = await WebSocketPeer.connect(`${isSecure ? "wss" : "ws"}://127.0.0.1:${port}/`);
  const close = (): void => {
    far.webSocket.terminate();
    server.close();
  };
  return { link: links[0]!, far, port, close };
}

/** A web server that makes a link of every request for a WebSocket. */
export async function webSocketDoor(isSecure: boolean, names: Partial<WebSocketNames> = {}) {
  const { key, certificate: cert } = isSecure ? SOMEONE : { key: "", certificate: "" };
  const server = isSecure ? createSecure({ key, cert }) : createServer();
  const links: WebSocketLink[] = [];
  server.on("upgrade", (request: IncomingMessage, _socket: unknown, head: Buffer) => {
    const link = acceptWebSocket(request, head, { kind: isSecure ? "wss" : "ws", peer: "test", ...names });
    if (link !== null) links.push(link);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, links, port: (server.address() as AddressInfo).port };
}

/** A link of a connection that was made here. */
export async function dialledWebSocket(names: Partial<WebSocketNames> = {}): Promise<WebSocketUnderTest> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const accepted = new Promise<WebSocketPeer>((resolve) =>
    server.once("connection", (webSocket) => resolve(new WebSocketPeer(webSocket))),
  );
  const link = await connectWebSocket(`ws://127.0.0.1:${port}/`, { kind: "ws", peer: "test", ...names });
  const far = await accepted;
  const close = (): void => {
    far.webSocket.terminate();
    server.close();
  };
  return { link, far, port, close };
}
