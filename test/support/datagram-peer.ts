/** The other end of a socket for datagrams, which Node has none of: driven by a test, frame by frame. */
import { rmSync } from "node:fs";
import { DatagramState, native, type Watch } from "../../src/native/native.js";
import { unixAddress } from "../../src/native/socket-address.js";
import { records, split } from "./peers.js";

const EMPTY: Buffer = Buffer.alloc(0);
const LONGEST = 70_000;

export class DatagramPeer {
  readonly fd: number;
  readonly frames: Buffer[] = [];
  readonly #path: string | undefined;
  readonly #state = new Int32Array(DatagramState.words);
  readonly #watch: Watch;
  readonly #room = Buffer.alloc(4 * LONGEST);
  #to = EMPTY;
  #waiting: Buffer[] = [];
  #gone = false;

  /** Takes over a socket; `path` is removed with it. */
  constructor(fd: number, path?: string) {
    this.fd = fd;
    this.#path = path;
    this.#state[DatagramState.fd] = fd;
    this.#state[DatagramState.limit] = LONGEST;
    this.#watch = new (native().Watch)(fd, () => this.#receive());
    this.#watch.start();
  }

  static bind(path: string): DatagramPeer {
    return new DatagramPeer(native().openDatagram(unixAddress(path)), path);
  }

  /** Sends there from now on, and takes nothing from elsewhere. Answers 0 or a negative errno. */
  connect(path: string): number {
    return native().connectDatagram(this.fd, unixAddress(path));
  }

  /** Sends there from now on. */
  sendTo(address: Buffer): void {
    this.#to = address;
  }

  send(...frames: readonly Buffer[]): void {
    const idle = this.#waiting.length === 0;
    this.#waiting.push(...frames);
    if (idle) this.#flush();
  }

  stall(stalled: boolean): void {
    if (stalled) this.#watch.stop();
    else this.#watch.start();
  }

  vanish(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#watch.close();
    native().closeSocket(this.fd);
    if (this.#path !== undefined) rmSync(this.#path, { force: true });
  }

  /** A receiver takes only some at a time; the rest goes as soon as it may. */
  #flush(): void {
    while (this.#waiting.length > 0 && !this.#gone) {
      const [one] = this.#waiting;
      const bytes = records(one!);
      native().sendDatagrams(this.#state, bytes, 0, bytes.length, this.#to);
      if (this.#state[DatagramState.error] !== 0) {
        setImmediate(() => this.#flush());
        return;
      }
      this.#waiting.shift();
    }
  }

  #receive(): void {
    const end = native().receiveDatagrams(this.#state, this.#room, 0, this.#room.length, EMPTY);
    this.frames.push(...split(this.#room.subarray(0, end)).records.map(({ payload }) => payload));
  }
}
