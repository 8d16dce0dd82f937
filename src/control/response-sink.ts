import type { ServerResponse } from "node:http";
import type { StreamSink } from "./call.js";

/** A stream's reader at the other end of an HTTP response. */
export class ResponseSink implements StreamSink {
  readonly #response: ServerResponse;
  readonly #limitBytes: number;
  readonly #cutOff: () => void;
  readonly #gone = new AbortController();

  /** `cutOff` is called when more than `limitBytes` wait for the reader. */
  constructor(response: ServerResponse, limitBytes: number, cutOff: () => void) {
    this.#response = response;
    this.#limitBytes = limitBytes;
    this.#cutOff = cutOff;
    if (response.destroyed) this.#gone.abort();
    else response.once("close", () => this.#gone.abort());
  }

  get waitingBytes(): number {
    return this.#response.writableLength;
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  write(chunk: string | Buffer): boolean {
    if (this.#gone.signal.aborted || this.#response.writableEnded) return false;
    if (this.waitingBytes + chunk.length > this.#limitBytes) {
      this.#cutOff();
      this.#response.destroy();
      this.#gone.abort();
      return false;
    }
    this.#response.write(chunk);
    return true;
  }

  end(): void {
    this.#response.end();
  }
}
