/**
 * Frames over a WebSocket, one in each binary message and nothing else, as v86 and the clients of websockproxy have
 * it. `ws` makes the connection and reads from it; what is sent is written here, past it, a batch at a time, and so
 * are pings and pongs: a peer that asks and does not read would otherwise fill our memory with answers.
 *
 * What is no frame, text above all, is left out. A message above the longest frame ends the connection.
 */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { TapswitchError } from "../errors.js";
import { MAX_FRAME, MIN_FRAME, RECORD_HEADER, RecordKind, writeHeader } from "../frame/record.js";
import { giveBuffer, takeBuffer } from "./buffer-pool.js";
import type { Link, LinkCapabilities, LinkEvents, Sent } from "./link.js";
import { type Beating, Pulse } from "./pulse.js";
import { ReadTurn } from "./read-turn.js";
import { BUSY_BYTES, ReceiveBuffer } from "./receive-buffer.js";
import { StreamWriter } from "./stream-writer.js";
import { messagesRoom, pingMessage, pongMessage, writeMessages } from "./websocket-messages.js";

/** The far end goes away [RFC 6455 7.4.1]. */
const GOING_AWAY = 1_001;

const everyone = new Pulse();

/** What is used of a `WebSocket` of `ws`, whose types not everyone has who embeds this. */
export interface OpenWebSocket {
  readonly readyState: number;
  readonly OPEN: number;
  pause(): void;
  resume(): void;
  close(code: number): void;
  terminate(): void;
  on(event: "message", listener: (data: unknown, isBinary: boolean) => void): unknown;
  on(event: "ping" | "pong", listener: (content: Buffer) => void): unknown;
  on(event: "error", listener: (cause: Error) => void): unknown;
  on(event: "close", listener: () => void): unknown;
}

export interface WebSocketParts {
  /** As it has just been made, with `WEBSOCKET_OPTIONS`. */
  readonly webSocket: OpenWebSocket;
  /** The connection under it. */
  readonly socket: Socket;
  /** This end made the connection. */
  readonly isClient: boolean;
  readonly kind: string;
  readonly peer: string;
  /** Who looks after peers that hang. */
  readonly pulse?: Pulse;
  /** Called once when the connection has closed, whether it was started or not. */
  readonly ended?: (error?: Error) => void;
}

export class WebSocketLink implements Link, Beating {
  readonly kind: string;
  readonly peer: string;
  readonly capabilities: LinkCapabilities = { maxFrame: MAX_FRAME, offload: 0 };
  readonly #webSocket: OpenWebSocket;
  readonly #writer: StreamWriter;
  readonly #isClient: boolean;
  readonly #pulse: Pulse;
  readonly #onEnded: WebSocketParts["ended"];
  /** Null where a write is finished when it returns. */
  readonly #turn: ReadTurn | null;
  readonly #buffer = new ReceiveBuffer();
  /** Lent to `events.batch`, and to `writeMessages`, one object each for all calls. */
  readonly #batch = { bytes: this.#buffer.bytes, start: 0, end: 0 };
  readonly #sending = { bytes: this.#buffer.bytes, start: 0, end: 0 };
  #events: LinkEvents | null = null;
  #error: Error | undefined;
  #closed = false;
  #paused = false;
  #handingOn = false;
  #malformed = 0;
  #heard = true;
  /** What the last ping said that is not answered yet. */
  #asked: Buffer | null = null;
  #answering = false;
  #asking = false;

  /** Nothing is handed on before `start`. */
  constructor({ webSocket, socket, isClient, ...parts }: WebSocketParts) {
    this.kind = parts.kind;
    this.peer = parts.peer;
    this.#webSocket = webSocket;
    this.#isClient = isClient;
    this.#pulse = parts.pulse ?? everyone;
    this.#onEnded = parts.ended;
    this.#writer = new StreamWriter(socket, () => {
      if (!this.#closed) this.#events?.drain();
    });
    this.#turn = socket instanceof TLSSocket ? new ReadTurn(() => this.#goOn()) : null;
    webSocket.pause();
    this.#listen(webSocket, socket);
    this.#pulse.add(this);
    // The answer to the handshake may still be on its way, which only a write behind it can tell.
    this.#ping();
  }

  start(events: LinkEvents): void {
    this.#events = events;
    this.#goOn();
  }

  send(bytes: Buffer, start: number, end: number): Sent {
    if (this.#closed || this.#webSocket.readyState !== this.#webSocket.OPEN) return "done";
    const messages = takeBuffer(messagesRoom(end - start));
    this.#sending.bytes = bytes;
    this.#sending.start = start;
    this.#sending.end = end;
    const sent = this.#writer.send(messages, 0, writeMessages(this.#sending, messages, this.#isClient));
    // The kernel or TLS has it, or a copy was made.
    giveBuffer(messages);
    return sent;
  }

  pause(): void {
    this.#paused = true;
    this.#webSocket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#heard = true;
    if (this.#events !== null) this.#goOn();
  }

  close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#error ??= error;
    this.#webSocket.close(GOING_AWAY);
    this.#webSocket.terminate();
  }

  /** Called by the `Pulse`. */
  beat(): void {
    // Whoever is not read from cannot be heard.
    if (this.#heard || this.#paused || this.#events === null) this.#ping();
    else this.close(new TapswitchError("timeout", "the peer answers no ping"));
  }

  #listen(webSocket: OpenWebSocket, socket: Socket): void {
    webSocket.on("message", (data, isBinary) => this.#message(data as Buffer, isBinary));
    webSocket.on("ping", (content) => this.#answer(content));
    webSocket.on("pong", () => {
      this.#heard = true;
    });
    webSocket.on("error", (cause) => {
      const why = `the peer broke the rules of WebSocket: ${cause.message}`;
      this.#error ??= new TapswitchError("protocol", why, { cause });
    });
    socket.on("error", (error) => {
      this.#error ??= error;
    });
    webSocket.on("close", () => this.#ended());
  }

  #goOn(): void {
    if (!this.#paused && !this.#closed) this.#webSocket.resume();
  }

  #ping(): void {
    this.#heard = false;
    if (this.#asking) return;
    this.#asking = true;
    this.#writer.sendMessage(pingMessage(this.#isClient), () => {
      this.#asking = false;
    });
  }

  /** One answer for all pings that came together, and none while the one before is on its way [RFC 6455 5.5.3]. */
  #answer(content: Buffer): void {
    this.#heard = true;
    this.#asked = content;
    if (this.#answering) return;
    this.#answering = true;
    setImmediate(() => this.#pong());
  }

  #pong(): void {
    if (this.#closed || this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    const content = this.#asked!;
    this.#asked = null;
    this.#writer.sendMessage(pongMessage(content, this.#isClient), () => {
      this.#answering = false;
      if (this.#asked !== null) this.#answer(this.#asked);
    });
  }

  #message(data: Buffer, isBinary: boolean): void {
    this.#heard = true;
    if (this.#closed || !isBinary) return;
    if (data.length < MIN_FRAME) this.#malformed++;
    else this.#add(data);
    if (this.#handingOn) return;
    // Behind all messages that have come with this one.
    this.#handingOn = true;
    queueMicrotask(this.#handOn);
  }

  #add(frame: Buffer): void {
    const size = RECORD_HEADER + frame.length;
    if (this.#buffer.length + size > this.#buffer.bytes.length) this.#flush(BUSY_BYTES);
    const at = this.#buffer.length;
    writeHeader(this.#buffer.bytes, at, RecordKind.frame, frame.length);
    frame.copy(this.#buffer.bytes, at + RECORD_HEADER);
    this.#buffer.filled(size);
  }

  readonly #handOn = (): void => {
    this.#handingOn = false;
    this.#flush(0);
    if (this.#malformed === 0) return;
    this.#events?.dropped("malformed", this.#malformed);
    this.#malformed = 0;
  };

  /** Hands on what has come, and makes room for at least `next` bytes. */
  #flush(next: number): void {
    const end = this.#buffer.length;
    if (end > 0 && !this.#closed) {
      this.#batch.bytes = this.#buffer.bytes;
      this.#batch.end = end;
      this.#events?.batch(this.#batch);
      if (this.#turn?.more(end) === false) this.#webSocket.pause();
    }
    this.#buffer.consume(end, next);
  }

  #ended(): void {
    if (this.#handingOn) this.#handOn();
    this.#closed = true;
    this.#pulse.delete(this);
    const events = this.#events;
    this.#events = null;
    events?.close(this.#error);
    this.#onEnded?.(this.#error);
  }
}
