/**
 * Reads a capture from a control socket, in a way that costs little: HTTP/1.0, whose answer is nothing but the bytes
 * until the end, read into one buffer again and again. Node's HTTP client would copy everything once more into memory
 * that it takes anew, on a machine that is busy with the traffic. Loads nothing but Node.
 */
import { connect, type Socket } from "node:net";

const BUFFER_BYTES = 262_144;
const HEAD_END = "\r\n\r\n";
/** Head of an answer, and the sentence of a refusal. */
const MAX_HEAD = 65_536;

/** Takes bytes that stand for the call, or until the promise that it answers with is kept. */
export type Take = (bytes: Buffer) => Promise<void> | undefined;

export interface CaptureSourceOptions {
  /** The control socket. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly take: Take;
}

/** What the process answered instead of a capture: the JSON of its `Failure`. */
export class CaptureRefused extends Error {}

/** Resolves at the end of the capture. Rejects with `CaptureRefused`, what `take` throws, or an error of the system. */
export function readCapture(options: CaptureSourceOptions): Promise<void> {
  return new Promise((resolve, reject) => new CaptureSource(options, resolve, reject));
}

class CaptureSource {
  readonly #take: Take;
  readonly #reject: (error: Error) => void;
  readonly #socket: Socket;
  /** Null once the head has come. */
  #head: Buffer | null = Buffer.alloc(0);

  constructor(
    { path, query, take }: CaptureSourceOptions,
    resolve: () => void,
    reject: (error: Error) => void,
  ) {
    this.#take = take;
    this.#reject = reject;
    const callback = (length: number, buffer: Uint8Array): boolean =>
      this.#arrive((buffer as Buffer).subarray(0, length));
    this.#socket = connect({ path, onread: { buffer: Buffer.allocUnsafeSlow(BUFFER_BYTES), callback } });
    this.#socket.on("error", reject);
    this.#socket.on("close", () => (this.#head === null ? resolve() : reject(refusal(this.#head))));
    this.#socket.write(`GET /v1/capture?${query} HTTP/1.0\r\nHost: localhost\r\n\r\n`);
  }

  /** Answers whether to go on reading. */
  #arrive(bytes: Buffer): boolean {
    try {
      return this.#head === null ? this.#pass(bytes) : this.#readHead(Buffer.concat([this.#head, bytes]));
    } catch (error) {
      this.#fail(error as Error);
      return false;
    }
  }

  #readHead(head: Buffer): boolean {
    this.#head = head;
    const end = head.indexOf(HEAD_END);
    const isGranted = end >= 0 && head.toString("latin1", 0, end).split(" ")[1] === "200";
    if (!isGranted && head.length > MAX_HEAD) throw refusal(head);
    if (!isGranted) return true;
    this.#head = null;
    const rest = head.subarray(end + HEAD_END.length);
    return rest.length === 0 || this.#pass(rest);
  }

  #pass(bytes: Buffer): boolean {
    const taken = this.#take(bytes);
    taken?.then(
      () => this.#socket.resume(),
      (error: Error) => this.#fail(error),
    );
    return taken === undefined;
  }

  #fail(error: Error): void {
    this.#reject(error);
    this.#socket.destroy();
  }
}

function refusal(answer: Buffer): CaptureRefused {
  const text = answer.toString("utf8");
  return new CaptureRefused(text.slice(text.indexOf(HEAD_END) + HEAD_END.length));
}
