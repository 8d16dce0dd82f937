/**
 * Writes to a socket. What the kernel takes at once goes straight from the caller's bytes, by one system call and
 * nothing else; what it does not take is copied, and left to Node to write when the socket is free again. TLS copies
 * by encrypting, so its bytes are free at once, too.
 */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { getSystemErrorName } from "node:util";
import { TapswitchError } from "../errors.js";
import { native } from "../native/native.js";
import { socketFd } from "./adopt-socket.js";
import { giveBuffer, takeBuffer } from "./buffer-pool.js";
import type { Sent } from "./link.js";

const EAGAIN = -11;

export class StreamWriter {
  readonly #socket: Socket;
  readonly #drained: () => void;
  /** Nothing may reach the descriptor past the encryption. */
  readonly #encrypted: boolean;
  #awaited = false;

  /** `drained` is called when a socket that was found busy is free again. */
  constructor(socket: Socket, drained: () => void) {
    this.#socket = socket;
    this.#drained = drained;
    this.#encrypted = socket instanceof TLSSocket;
  }

  /** Sends bytes[start, end), or nothing where the socket is busy. */
  send(bytes: Buffer, start: number, end: number): Sent {
    if (this.#socket.writableLength > 0) {
      this.#awaited = true;
      return "full";
    }
    if (this.#encrypted) return this.#encrypt(bytes, start, end);
    if (this.#idle()) start += this.#sendNow(bytes, start, end);
    if (start < end && !this.#socket.destroyed) this.#sendLater(bytes, start, end);
    return "done";
  }

  /** Queues a session message behind whatever is unfinished. */
  sendMessage(record: Buffer, written: () => void): void {
    const rest = this.#idle() ? record.subarray(this.#sendNow(record, 0, record.length)) : record;
    if (rest.length === 0) {
      written();
      return;
    }
    this.#socket.write(rest, () => {
      written();
      this.#free();
    });
  }

  /** TLS has read the bytes when `write` returns, but always says so later: one write per turn of the event loop. */
  #encrypt(bytes: Buffer, start: number, end: number): Sent {
    this.#socket.write(bytes.subarray(start, end), () => this.#free());
    return "done";
  }

  /** Whether bytes may go to the kernel past Node: nothing of ours waits, and nothing is to be encrypted. */
  #idle(): boolean {
    const socket = this.#socket;
    return !this.#encrypted && socket.writableLength === 0 && !socket.connecting && socketFd(socket) >= 0;
  }

  /** Answers how many bytes the kernel took. */
  #sendNow(bytes: Buffer, start: number, end: number): number {
    const sent = native().sendBytes(socketFd(this.#socket), bytes, start, end);
    if (sent >= 0) return sent;
    if (sent !== EAGAIN) {
      const errno = getSystemErrorName(sent);
      this.#socket.destroy(new TapswitchError("unreachable", `the connection broke (${errno})`));
    }
    return 0;
  }

  #sendLater(bytes: Buffer, start: number, end: number): void {
    const rest = takeBuffer(end - start);
    bytes.copy(rest, 0, start, end);
    this.#socket.write(rest.subarray(0, end - start), () => {
      giveBuffer(rest);
      this.#free();
    });
  }

  #free(): void {
    if (!this.#awaited || this.#socket.writableLength > 0 || this.#socket.destroyed) return;
    this.#awaited = false;
    this.#drained();
  }
}
