/**
 * One of the peers that share a listening path. It is sent to through a socket of its own, so that the kernel says of
 * each when it is free; but who has connected its socket to our path takes datagrams from there alone. Peers of that
 * kind share one send buffer: one that stops reading takes it from the others, so give it a path of its own.
 */
import { constants } from "node:os";
import { getSystemErrorName } from "node:util";
import { TapswitchError } from "../errors.js";
import { native, Ready, type Watch } from "../native/native.js";
import { unixAddress } from "../native/socket-address.js";
import { DatagramSender } from "./datagram-sender.js";
import type { Link, LinkCapabilities, LinkEvents, Sent } from "./link.js";

/** The path that peers share. */
export interface SharedPath {
  readonly fd: number;
  /** Calls the peer's `writable` when the shared socket is, or no longer. */
  awaitWritable(peer: UnixgramPeer, awaited: boolean): void;
  left(peer: UnixgramPeer): void;
}

export class UnixgramPeer implements Link {
  readonly kind = "unixgram";
  readonly peer: string;
  readonly capabilities: LinkCapabilities;
  readonly #shared: SharedPath;
  readonly #address: Buffer;
  readonly #ownFd = native().openDatagram(unixAddress(""));
  readonly #sender: DatagramSender;
  #events: LinkEvents | undefined;
  #watch: Watch | undefined;
  #paused = false;
  #closed = false;

  /** `address` is the peer's, and `name` what people call it. */
  constructor(shared: SharedPath, address: Buffer, name: string) {
    this.peer = name;
    this.#shared = shared;
    this.#address = address;
    this.#sender = new DatagramSender(
      { fd: this.#ownFd },
      {
        awaitWritable: (awaited) => this.#awaitWritable(awaited),
        drain: () => this.#events?.drain(),
        failed: () => this.#aim(),
      },
    );
    this.capabilities = { maxFrame: this.#sender.maxFrame, offload: 0 };
    this.#aim();
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  start(events: LinkEvents): void {
    this.#events = events;
  }

  send(bytes: Buffer, start: number, end: number): Sent {
    if (this.#closed) return "done";
    const sent = this.#sender.send(bytes, start, end);
    if (this.#events !== undefined) this.#sender.reportLost(this.#events);
    return sent;
  }

  /** What comes meanwhile is lost: it shares its socket with others. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#shared.awaitWritable(this, false);
    this.#shared.left(this);
    this.#watch?.close();
    this.#sender.abandon();
    native().closeSocket(this.#ownFd);
    const events = this.#events;
    if (events !== undefined) queueMicrotask(() => events.close(error));
  }

  /** Frames have come from this peer. */
  receive(bytes: Buffer, start: number, end: number): void {
    if (!this.#closed && !this.#paused) this.#events?.batch({ bytes, start, end });
  }

  /** The socket by which it is sent to is writable. */
  writable(): void {
    if (!this.#closed) this.#sender.writable();
  }

  /** Ends the link if nobody is at its address any more. */
  ask(): void {
    if (!this.#closed) this.#aim();
  }

  /** Finds the way to whoever is at the peer's address; false, with the link ended, where nobody is. */
  #aim(): boolean {
    const failed = native().connectDatagram(this.#ownFd, this.#address);
    if (failed === 0) this.#sender.aim(this.#ownFd);
    else if (failed === -constants.errno.EPERM) this.#sender.aim(this.#shared.fd, this.#address);
    else {
      const errno = getSystemErrorName(failed);
      this.close(new TapswitchError("unreachable", `nobody is at ${this.peer} any more (${errno})`));
    }
    return !this.#closed;
  }

  /** Aims anew first: of a peer that is not connected to the shared socket that one says nothing. */
  #awaitWritable(awaited: boolean): void {
    if (awaited && !this.#aim()) return;
    const isOwn = this.#sender.fd === this.#ownFd;
    this.#shared.awaitWritable(this, awaited && !isOwn);
    if (awaited && isOwn) {
      this.#watch ??= new (native().Watch)(this.#ownFd, (status) =>
        status < 0 ? this.ask() : this.writable(),
      );
      this.#watch.start(Ready.write);
    } else this.#watch?.stop();
  }
}
