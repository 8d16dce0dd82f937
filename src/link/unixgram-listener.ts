/**
 * One path for many peers, as vfkit's kind of VM and QEMU's `-netdev dgram` expect it: whoever sends a datagram from a
 * bound address has a port from then on. Nothing tells that one has gone, so all are asked for once a second.
 */
import { endianness } from "node:os";
import { MAX_FRAME } from "../frame/record.js";
import { DatagramState, native, Ready, SENDER_RUN, type Watch } from "../native/native.js";
import { unixPath } from "../native/socket-address.js";
import { ASK_MS, sharedReadBuffer } from "./datagram.js";
import type { Link } from "./link.js";
import type { UnixPath } from "./unix-path.js";
import { bindDatagramPath, releaseDatagramPath } from "./unixgram.js";
import { UnixgramPeer } from "./unixgram-peer.js";

/** Peers of one path at once: each costs two descriptors at most. */
const MOST_PEERS = 1_024;
/** Changes of sender in one read; the next goes on. */
const MOST_RUNS = 64;

export interface PeerEvents {
  /** Whether one more peer may come. */
  room(): boolean;
  /** A new peer; the frames that it came with follow once this has returned, to whoever has started the link. */
  accept(link: Link): void;
}

export class UnixgramListener {
  readonly #fd: number;
  readonly #path: string;
  readonly #events: PeerEvents;
  readonly #state = new Int32Array(DatagramState.words);
  readonly #runs = Buffer.alloc(MOST_RUNS * SENDER_RUN);
  readonly #peers = new Map<string, UnixgramPeer>();
  readonly #awaiting = new Set<UnixgramPeer>();
  readonly #watch: Watch;
  readonly #asking: NodeJS.Timeout;
  #closed = false;

  private constructor(fd: number, path: string, events: PeerEvents) {
    this.#fd = fd;
    this.#path = path;
    this.#events = events;
    this.#state[DatagramState.fd] = fd;
    this.#state[DatagramState.limit] = MAX_FRAME;
    this.#watch = new (native().Watch)(fd, (status, ready) => this.#ready(status, ready));
    this.#watchOn();
    this.#asking = setInterval(() => this.#ask(), ASK_MS);
  }

  /** Binds the path. Rejects with `in-use`, `no-permission`, `usage`. */
  static async open(at: UnixPath, events: PeerEvents): Promise<UnixgramListener> {
    return new UnixgramListener(await bindDatagramPath(at), at.path, events);
  }

  /** Ends all peers and gives the path back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#asking);
    for (const peer of [...this.#peers.values()]) peer.close();
    this.#watch.close();
    releaseDatagramPath(this.#fd, this.#path);
  }

  /** libuv ends a watch whose socket has an error pending: reading takes it off. */
  #ready(status: number, ready: number): void {
    if ((ready & Ready.write) !== 0) for (const peer of [...this.#awaiting]) peer.writable();
    if ((status < 0 || (ready & Ready.read) !== 0) && !this.#closed) this.#receive();
    if (status < 0) this.#watchOn();
  }

  #watchOn(): void {
    if (!this.#closed) this.#watch.start(Ready.read | (this.#awaiting.size > 0 ? Ready.write : 0));
  }

  #receive(): void {
    const bytes = sharedReadBuffer();
    const end = native().receiveDatagrams(this.#state, bytes, 0, bytes.length, this.#runs);
    const count = this.#state[DatagramState.runs]!;
    for (let run = 0; run < count && !this.#closed; run++) {
      const next = run + 1 < count ? this.#word(run + 1, 0) : end;
      this.#hand(run, bytes, next);
    }
  }

  /** Gives a run of frames to the peer that has sent them; a word of text per run is what finding it costs. */
  #hand(run: number, bytes: Buffer, end: number): void {
    const at = run * SENDER_RUN + 8;
    const key = this.#runs.toString("latin1", at, at + this.#word(run, 4));
    const peer = this.#peers.get(key) ?? this.#welcome(key);
    const start = this.#word(run, 0);
    if (end > start) peer?.receive(bytes, start, end);
  }

  /** A port for a new sender. Without an address it could never be answered. */
  #welcome(key: string): UnixgramPeer | null {
    const address = Buffer.from(key, "latin1");
    if (address.length <= 2 || this.#peers.size >= MOST_PEERS || !this.#events.room()) return null;
    const shared = {
      fd: this.#fd,
      awaitWritable: (waiting: UnixgramPeer, awaited: boolean) => this.#await(waiting, awaited),
      left: () => this.#peers.delete(key),
    };
    const name = unixPath(address) ?? `@${address.toString("latin1", 3).replace(/[^!-~]/g, "?")}`;
    const peer = new UnixgramPeer(shared, address, name);
    if (peer.isClosed) return null;
    this.#peers.set(key, peer);
    this.#events.accept(peer);
    return peer;
  }

  #await(peer: UnixgramPeer, awaited: boolean): void {
    if (awaited) this.#awaiting.add(peer);
    else this.#awaiting.delete(peer);
    this.#watchOn();
  }

  #ask(): void {
    for (const peer of [...this.#peers.values()]) peer.ask();
  }

  /** A 32-bit word of this machine's order. */
  #word(run: number, offset: number): number {
    const at = run * SENDER_RUN + offset;
    return isLittle ? this.#runs.readUInt32LE(at) : this.#runs.readUInt32BE(at);
  }
}

const isLittle = endianness() === "LE";
