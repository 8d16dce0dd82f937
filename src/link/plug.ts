/**
 * A cable to a program that speaks as VDE's plugs do. They read into 4,096 bytes and lose the second half of a length
 * that such a read cuts in two, so what we send goes over a socket that keeps records apart: one read, one frame.
 */
import type { Socket } from "node:net";
import { TapswitchError } from "../errors.js";
import { native, Ready, type Watch } from "../native/native.js";
import type { Reader } from "./adopt-socket.js";
import { sharedReadBuffer } from "./datagram.js";
import { DatagramSender } from "./datagram-sender.js";
import type { Link, LinkCapabilities, LinkEvents, Sent } from "./link.js";
import { PLUG_HEADER, PlugScanner } from "./plug-scanner.js";
import { ReceiveBuffer } from "./receive-buffer.js";
import { VDE_MAX_FRAME } from "./vde-client.js";

export interface PlugOptions {
  readonly kind: string;
  readonly peer: string;
  /** Makes the socket that is read from, around the reader it is given. */
  readonly input: (reader: Reader) => Socket;
  /** Our end of a packet pair; it is closed with the link. */
  readonly output: number;
  /** Called once at the end. */
  readonly ended?: () => void;
}

export class PlugLink implements Link {
  readonly kind: string;
  readonly peer: string;
  readonly capabilities: LinkCapabilities = { maxFrame: VDE_MAX_FRAME, offload: 0 };
  readonly #options: PlugOptions;
  readonly #input: Socket;
  readonly #sender: DatagramSender;
  readonly #watch: Watch;
  readonly #buffer = new ReceiveBuffer();
  readonly #scanner = new PlugScanner();
  #events: LinkEvents | undefined;
  #paused = false;
  #closed = false;

  constructor(options: PlugOptions) {
    const { kind, peer, output } = options;
    this.kind = kind;
    this.peer = peer;
    this.#options = options;
    this.#input = options.input({ buffer: () => this.#buffer.room, callback: (count) => this.#read(count) });
    this.#input.pause();
    this.#input.on("error", (error) => this.close(error));
    this.#input.on("close", () => this.#inputEnded());
    this.#watch = new (native().Watch)(output, () => this.#writable());
    this.#sender = new DatagramSender(
      { fd: output, maxFrame: VDE_MAX_FRAME, prefix: PLUG_HEADER },
      {
        awaitWritable: (awaited) => (awaited ? this.#watch.start(Ready.write) : this.#watch.stop()),
        drain: () => this.#events?.drain(),
        failed: (errno) => this.#broken(errno),
      },
    );
  }

  start(events: LinkEvents): void {
    this.#events = events;
    if (!this.#closed && !this.#paused) this.#input.resume();
  }

  send(bytes: Buffer, start: number, end: number): Sent {
    if (this.#closed) return "done";
    const sent = this.#sender.send(bytes, start, end);
    if (this.#events !== undefined) this.#sender.reportLost(this.#events);
    return sent;
  }

  pause(): void {
    this.#paused = true;
    this.#input.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#closed && this.#events !== undefined) this.#input.resume();
  }

  close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    this.#sender.abandon();
    native().closeSocket(this.#options.output);
    this.#input.destroy();
    this.#options.ended?.();
    const events = this.#events;
    if (events !== undefined) queueMicrotask(() => events.close(error));
  }

  #writable(): void {
    if (!this.#closed) this.#sender.writable();
  }

  #broken(errno: string): boolean {
    this.close(
      new TapswitchError("unreachable", `the program behind ${this.peer} takes no frames (${errno})`),
    );
    return false;
  }

  #inputEnded(): void {
    const isCut = this.#buffer.length > 0;
    const why = isCut
      ? new TapswitchError("protocol", "the stream ended in the middle of a record")
      : undefined;
    this.close(why);
  }

  #read(count: number): boolean {
    this.#buffer.filled(count);
    const { bytes, length } = this.#buffer;
    const scanner = this.#scanner;
    let at = 0;
    do {
      scanner.scan(bytes, at, length, sharedReadBuffer());
      at = scanner.at;
      this.#hand(scanner.end);
    } while (scanner.end > 0 && !this.#closed && !scanner.isLost);
    this.#buffer.consume(this.#closed ? length : at, scanner.next);
    if (scanner.isLost && !this.#closed)
      this.close(new TapswitchError("protocol", "the stream of VDE's plug is out of step"));
    return !this.#paused;
  }

  #hand(end: number): void {
    if (end > 0 && !this.#closed) this.#events?.batch({ bytes: sharedReadBuffer(), start: 0, end });
  }
}
