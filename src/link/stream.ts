/**
 * Records over a byte stream: TCP, Unix, and whatever else Node gives as a socket. Reads into one reused buffer,
 * checks each record header once, hands whole frames on as batches and session messages as text.
 */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { TapswitchError } from "../errors.js";
import {
  MAX_FRAME,
  MAX_MESSAGE,
  MAX_RECORD,
  RECORD_HEADER,
  RecordKind,
  writeHeader,
} from "../frame/record.js";
import { RecordScanner } from "../frame/record-scanner.js";
import type { Reader } from "./adopt-socket.js";
import type { Link, LinkCapabilities, LinkEvents, Sent } from "./link.js";
import { ReadTurn } from "./read-turn.js";
import { ReceiveBuffer } from "./receive-buffer.js";
import { StreamWriter } from "./stream-writer.js";

/** A record that began this long ago and is not complete ends the connection. */
export const UNFINISHED_MS = 30_000;
/** After a last message, input is discarded this long, so that no reset overtakes the message. */
const LINGER_MS = 1_000;
/** Messages that may wait for a peer that does not read; further ones are not sent. */
const MAX_WAITING_MESSAGES = 16;

export interface StreamEvents extends LinkEvents {
  /** Bytes came in, whether they complete a record or not: a sign of life. Before what they complete is handed on. */
  read?(): void;
  /** A session message came in. Without this, one ends the connection. */
  message?(text: string): void;
}

export interface StreamOptions {
  readonly kind: string;
  readonly peer: string;
  readonly capabilities?: Partial<LinkCapabilities>;
  readonly unfinishedMs?: number;
  /** Where to write, if not to the socket that is read from. */
  readonly output?: Socket;
  /** Called once when the socket has closed, whoever had been started on the link by then. */
  readonly ended?: (error?: Error) => void;
}

export class StreamLink implements Link {
  readonly kind: string;
  readonly peer: string;
  readonly capabilities: LinkCapabilities;
  readonly #socket: Socket;
  readonly #output: Socket;
  readonly #writer: StreamWriter;
  readonly #unfinishedMs: number;
  readonly #onEnded: StreamOptions["ended"];
  /** Null where a write is finished when it returns. */
  readonly #turn: ReadTurn | null;
  readonly #buffer = new ReceiveBuffer();
  readonly #scanner = new RecordScanner();
  /** Lent to `events.batch`, one object for all calls. */
  readonly #batch = { bytes: this.#buffer.bytes, start: 0, end: 0 };
  #events: StreamEvents | null = null;
  #error: Error | undefined;
  #state: "open" | "lingering" | "closed" = "open";
  #paused = false;
  #waitingMessages = 0;
  #recordsBegun = 0;
  #unfinished: NodeJS.Timeout | undefined;
  #lingering: NodeJS.Timeout | undefined;

  /** `open` makes the socket around the reader it is given; nothing is read before `start`. */
  constructor(open: (reader: Reader) => Socket, options: StreamOptions) {
    this.kind = options.kind;
    this.peer = options.peer;
    this.capabilities = { maxFrame: MAX_FRAME, offload: 0, ...options.capabilities };
    this.#unfinishedMs = options.unfinishedMs ?? UNFINISHED_MS;
    this.#onEnded = options.ended;
    this.#socket = open({ buffer: () => this.#buffer.room, callback: (count) => this.#read(count) });
    this.#output = options.output ?? this.#socket;
    this.#writer = new StreamWriter(this.#output, () => {
      if (this.#state === "open") this.#events?.drain();
    });
    this.#turn = this.#socket instanceof TLSSocket ? new ReadTurn(() => this.#goOn()) : null;
    this.#socket.pause();
    this.#socket.on("error", (error) => {
      this.#error ??= error;
    });
    this.#socket.on("end", () => this.#ended());
    this.#socket.on("close", () => this.#closed());
    if (this.#output !== this.#socket) this.#follow(this.#output);
  }

  start(events: StreamEvents): void {
    const holds = this.#events === null && this.#buffer.length > 0;
    this.#events = events;
    if (holds) setImmediate(() => this.#takeHeld());
    else this.#socket.resume();
  }

  send(bytes: Buffer, start: number, end: number): Sent {
    return this.#state === "open" ? this.#writer.send(bytes, start, end) : "done";
  }

  /** Sends one session message; dropped where the peer leaves too many unread. */
  sendMessage(text: string): void {
    if (this.#state !== "open" || this.#waitingMessages >= MAX_WAITING_MESSAGES) return;
    this.#waitingMessages++;
    this.#writer.sendMessage(messageRecord(text), () => {
      this.#waitingMessages--;
    });
  }

  /** Sends a last message, ends our side, and discards what still comes in for up to a second. */
  farewell(text: string, error?: Error): void {
    if (this.#state !== "open") return;
    this.sendMessage(text);
    this.#state = "lingering";
    this.#error ??= error;
    this.#output.end();
    this.resume();
    this.#lingering = setTimeout(() => this.#socket.destroy(), LINGER_MS);
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#socket.resume();
  }

  close(error?: Error): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#error ??= error;
    this.#socket.destroy();
  }

  /** TLS reads for its handshake, and with that what the peer has said right behind it: kept until `start`. */
  #hold(): boolean {
    this.#buffer.consume(0, MAX_RECORD);
    return false;
  }

  #takeHeld(): void {
    if (this.#state !== "open") return;
    this.#consume();
    this.#goOn();
  }

  #goOn(): void {
    if (!this.#paused && this.#state === "open") this.#socket.resume();
  }

  #read(count: number): boolean {
    this.#buffer.filled(count);
    if (this.#events === null && this.#state === "open") return this.#hold();
    this.#events?.read?.();
    this.#consume();
    // A socket that was resumed a moment before it was paused reads on unless it is told here.
    return !this.#paused && (this.#turn === null || this.#turn.more(count));
  }

  /** Hands on every whole record, and keeps the beginning of the next. */
  #consume(): void {
    const scanner = this.#scanner;
    const bytes = this.#buffer.bytes;
    let at = 0;
    do {
      scanner.scan(bytes, at, this.#buffer.length);
      this.#hand(bytes, at, scanner.end);
      at = scanner.end;
      if (scanner.message && this.#state === "open") {
        at += scanner.next;
        this.#message(bytes.toString("utf8", scanner.end + RECORD_HEADER, at));
      }
    } while (scanner.message && this.#state === "open");
    if (this.#state !== "open") at = this.#buffer.length;
    else if (scanner.fault !== null) this.close(new TapswitchError("protocol", FAULTS[scanner.fault]));
    this.#buffer.consume(at, scanner.next);
    if (this.#buffer.length > 0) this.#watchUnfinished();
  }

  #hand(bytes: Buffer, start: number, end: number): void {
    if (end === start || this.#state !== "open") return;
    this.#recordsBegun++;
    this.#batch.bytes = bytes;
    this.#batch.start = start;
    this.#batch.end = end;
    this.#events?.batch(this.#batch);
  }

  #message(text: string): void {
    this.#recordsBegun++;
    if (this.#events?.message) this.#events.message(text);
    else
      this.close(
        new TapswitchError("protocol", "the peer sent a session message where only frames may come"),
      );
  }

  /** One timer at most, looked at every `unfinishedMs`: nothing per read on a busy stream, nothing on an idle one. */
  #watchUnfinished(): void {
    if (this.#unfinished !== undefined) return;
    const begun = this.#recordsBegun;
    this.#unfinished = setTimeout(() => {
      this.#unfinished = undefined;
      if (this.#buffer.length === 0 || this.#state !== "open") return;
      if (this.#recordsBegun !== begun) this.#watchUnfinished();
      else
        this.close(
          new TapswitchError("timeout", `a record was not finished within ${this.#unfinishedMs} ms`),
        );
    }, this.#unfinishedMs);
    this.#unfinished.unref();
  }

  #ended(): void {
    if (this.#buffer.length > 0) {
      this.#error ??= new TapswitchError("protocol", "the connection ended in the middle of a record");
    }
  }

  /** Nothing is left of the link when one of its two sockets has gone. */
  #follow(output: Socket): void {
    output.on("error", (error) => {
      this.#error ??= error;
    });
    output.on("close", () => this.#socket.destroy());
  }

  #closed(): void {
    this.#state = "closed";
    this.#output.destroy();
    clearTimeout(this.#unfinished);
    clearTimeout(this.#lingering);
    const events = this.#events;
    this.#events = null;
    events?.close(this.#error);
    this.#onEnded?.(this.#error);
  }
}

const FAULTS = {
  "bad-kind": "the peer sent a record of an unknown kind: it does not speak this protocol",
  "zero-length": "the peer sent a record of length 0",
  "too-short": "the peer sent a frame of fewer than 14 bytes",
  "too-long": "the peer sent a record above the longest allowed",
} as const;

function messageRecord(text: string): Buffer {
  const length = Buffer.byteLength(text);
  if (length > MAX_MESSAGE)
    throw new TapswitchError("protocol", `a message of ${length} bytes is above ${MAX_MESSAGE}`);
  const record = Buffer.allocUnsafe(RECORD_HEADER + length);
  writeHeader(record, 0, RecordKind.message, length);
  record.write(text, RECORD_HEADER);
  return record;
}
