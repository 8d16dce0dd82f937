/**
 * One frame in each datagram, over a socket that is connected to its one peer: QEMU's `-netdev dgram`, VDE, UDP.
 * Nothing tells that the holder of a Unix address has gone, so where it is known it is asked for once a second; who
 * has taken its place by then is the peer from then on.
 */
import { constants } from "node:os";
import { getSystemErrorName } from "node:util";
import { TapswitchError } from "../errors.js";
import { MAX_FRAME, MAX_RECORD } from "../frame/record.js";
import { DatagramState, native, Ready, type Watch } from "../native/native.js";
import { DatagramSender, NOBODY } from "./datagram-sender.js";
import type { Link, LinkCapabilities, LinkEvents, Sent } from "./link.js";

/** How often a peer that says nothing of its end is asked for. */
export const ASK_MS = 1_000;
/** Holds four of the longest records. One for all links: a batch is read and handed on within one call. */
const READ_BUFFER = 4 * MAX_RECORD;
let readBuffer: Buffer | undefined;

/** Memory for what is read and handed on in one go. */
export function sharedReadBuffer(): Buffer {
  readBuffer ??= Buffer.allocUnsafeSlow(READ_BUFFER);
  return readBuffer;
}

export interface DatagramLinkOptions {
  readonly kind: string;
  readonly peer: string;
  /** A connected socket; it is closed with the link. */
  readonly fd: number;
  /** Longest frame in bytes. */
  readonly maxFrame?: number;
  /** The peer's address, where it has to be asked for. */
  readonly address?: Buffer;
  /** That nobody is there loses frames and does not end the link: UDP. */
  readonly isPatient?: boolean;
  /** Called once at the end. */
  readonly ended?: () => void;
}

export class DatagramLink implements Link {
  readonly kind: string;
  readonly peer: string;
  readonly capabilities: LinkCapabilities;
  readonly #options: DatagramLinkOptions;
  readonly #sender: DatagramSender;
  #events: LinkEvents | undefined;
  #watch: Watch | undefined;
  #asking: NodeJS.Timeout | undefined;
  #paused = false;
  #awaited = false;
  #closed = false;

  constructor(options: DatagramLinkOptions) {
    const { kind, peer, fd, maxFrame = MAX_FRAME } = options;
    this.kind = kind;
    this.peer = peer;
    this.capabilities = { maxFrame, offload: 0 };
    this.#options = options;
    this.#sender = new DatagramSender(
      { fd, maxFrame },
      {
        awaitWritable: (awaited) => {
          this.#awaited = awaited;
          this.#watchOn();
        },
        drain: () => this.#events?.drain(),
        failed: (errno) => this.#isLost(errno),
      },
    );
  }

  start(events: LinkEvents): void {
    if (this.#closed) return;
    this.#events = events;
    this.#watch = new (native().Watch)(this.#options.fd, (status, ready) => this.#ready(status, ready));
    this.#watchOn();
    const { address } = this.#options;
    if (address !== undefined) this.#asking = setInterval(() => this.#ask(address), ASK_MS);
  }

  send(bytes: Buffer, start: number, end: number): Sent {
    if (this.#closed) return "done";
    const sent = this.#sender.send(bytes, start, end);
    if (this.#events !== undefined) this.#sender.reportLost(this.#events);
    return sent;
  }

  /** Datagrams wait in the socket, and then at their sender. */
  pause(): void {
    this.#paused = true;
    this.#watchOn();
  }

  resume(): void {
    this.#paused = false;
    this.#watchOn();
  }

  close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#asking);
    this.#watch?.close();
    this.#sender.abandon();
    native().closeSocket(this.#options.fd);
    this.#options.ended?.();
    const events = this.#events;
    if (events !== undefined) queueMicrotask(() => events.close(error));
  }

  #watchOn(): void {
    if (this.#closed || this.#watch === undefined) return;
    const wanted = (this.#paused ? 0 : Ready.read) | (this.#awaited ? Ready.write : 0);
    if (wanted === 0) this.#watch.stop();
    else this.#watch.start(wanted);
  }

  /** libuv ends a watch whose socket has an error pending: reading takes it off. */
  #ready(status: number, ready: number): void {
    if (status < 0 || (ready & Ready.read) !== 0) this.#receive();
    if ((ready & Ready.write) !== 0 && !this.#closed) this.#sender.writable();
    if (status < 0) this.#watchOn();
  }

  #receive(): void {
    const events = this.#events!;
    const bytes = sharedReadBuffer();
    const { state } = this.#sender;
    const end = native().receiveDatagrams(state, bytes, 0, bytes.length, NOBODY);
    const error = state[DatagramState.error]!;
    if (end > 0) events.batch({ bytes, start: 0, end });
    if (error !== 0 && !this.#closed) this.#isLost(getSystemErrorName(-error));
    if (!this.#closed) this.#sender.reportLost(events);
  }

  #ask(address: Buffer): void {
    const failed = native().connectDatagram(this.#options.fd, address);
    if (failed !== 0 && failed !== -constants.errno.EAGAIN) this.#isLost(getSystemErrorName(failed));
  }

  /** Whether the frame is lost and the link goes on. */
  #isLost(errno: string): boolean {
    if (this.#options.isPatient) return true;
    this.close(new TapswitchError("unreachable", `nobody is at ${this.peer} any more (${errno})`));
    return false;
  }
}
