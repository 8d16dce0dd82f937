/**
 * The other end of a connection, made of a plain socket and slow code of its own: nothing here is shared with
 * `src`, so that a mistake there cannot hide itself.
 */
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { eventually } from "./clock.js";

export interface WireRecord {
  readonly kind: number;
  readonly payload: Buffer;
}

export const BROADCAST = "ff:ff:ff:ff:ff:ff";
/** EtherType for local experiments [IEEE 802, table 8-2]: no kernel sends it by itself. */
export const TEST_ETHERTYPE = 0x88b5;

/** A locally administered address for host number `host`. */
export function mac(host: number): string {
  const octets = [2, 0, (host >>> 24) & 0xff, (host >>> 16) & 0xff, (host >>> 8) & 0xff, host & 0xff];
  return octets.map((octet) => octet.toString(16).padStart(2, "0")).join(":");
}

export interface FrameFields {
  to?: string;
  from?: string;
  /** Bytes of the whole frame. */
  length?: number;
  /** Fills the payload: two frames with different salts differ. */
  salt?: number;
}

/** An untagged frame from `from` to `to`. */
export function frame({ to = BROADCAST, from = mac(1), length = 60, salt = 0 }: FrameFields = {}): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 14; at < length; at++) bytes[at] = (salt * 31 + at * 7 + (at >>> 8)) & 0xff;
  if (length >= 18) bytes.writeUInt32BE(salt, 14);
  bytes.set(Buffer.from(to.replaceAll(":", ""), "hex"), 0);
  bytes.set(Buffer.from(from.replaceAll(":", ""), "hex"), 6);
  bytes.writeUInt16BE(TEST_ETHERTYPE, 12);
  return bytes;
}

/** A record of `kind` around `payload`. */
export function record(kind: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(payload.length);
  header[0] = kind;
  return Buffer.concat([header, payload]);
}

/** Frames as records of kind 0, one after the other. */
export function records(...frames: Uint8Array[]): Buffer {
  return Buffer.concat(frames.map((one) => record(0, one)));
}

/** A session message as a record. */
export function message(content: unknown): Buffer {
  return record(2, Buffer.from(typeof content === "string" ? content : JSON.stringify(content)));
}

let instances = 0;

/** A hello that is in order, changed by `fields`. */
export function hello(fields: Record<string, unknown> = {}): Record<string, unknown> {
  const instance = `test-instance-${String(++instances).padStart(8, "0")}`;
  return { type: "hello", version: 1, instance, capabilities: { offload: [] }, ...fields };
}

/** The whole records in `bytes`, and what is left behind them: the plain reference reader. */
export function split(bytes: Buffer): { records: WireRecord[]; rest: Buffer } {
  const found: WireRecord[] = [];
  let at = 0;
  while (bytes.length - at >= 4) {
    const end = at + 4 + (bytes.readUInt32BE(at) & 0xff_ffff);
    if (end > bytes.length) break;
    found.push({ kind: bytes[at]!, payload: Buffer.from(bytes.subarray(at + 4, end)) });
    at = end;
  }
  return { records: found, rest: bytes.subarray(at) };
}

/** A peer that a test drives by hand. */
export class Peer {
  readonly socket: Socket;
  /** All records that have come, whole. */
  readonly records: WireRecord[] = [];
  closed = false;
  error: Error | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #asked = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      const { records: found, rest } = split(Buffer.concat([this.#rest, chunk]));
      this.records.push(...found);
      this.#rest = rest;
    });
    socket.on("error", (error) => {
      this.error = error;
    });
    socket.on("close", () => {
      this.closed = true;
    });
  }

  static connect(options: NetConnectOpts): Promise<Peer> {
    return new Promise((resolve, reject) => {
      const socket = connect({ noDelay: true, ...options } as NetConnectOpts, () =>
        resolve(new Peer(socket)),
      );
      socket.once("error", reject);
    });
  }

  /** Connects, says hello and waits for the welcome, which is `welcome` from then on. */
  static async join(options: NetConnectOpts, fields: Record<string, unknown> = {}): Promise<NativePeer> {
    const peer = await Peer.connect(options);
    peer.say(hello(fields));
    const answer = await peer.heard();
    assert.equal(answer["type"], "welcome", JSON.stringify(answer));
    return Object.assign(peer, { welcome: answer });
  }

  write(...bytes: Uint8Array[]): void {
    this.socket.write(Buffer.concat(bytes));
  }

  /** Sends frames as records of kind 0. */
  send(...frames: Uint8Array[]): void {
    this.write(records(...frames));
  }

  /** Sends one session message. */
  say(content: unknown): void {
    this.write(message(content));
  }

  /** The frames that have come. */
  get frames(): Buffer[] {
    return this.records.filter(({ kind }) => kind !== 2).map(({ payload }) => payload);
  }

  /** The session messages that have come. */
  get messages(): Record<string, unknown>[] {
    return this.records
      .filter(({ kind }) => kind === 2)
      .map(({ payload }) => JSON.parse(payload.toString()) as Record<string, unknown>);
  }

  /** The next session message that was not asked for yet. */
  async heard(limitMs?: number): Promise<Record<string, unknown>> {
    const index = this.#asked++;
    await eventually(() => this.messages.length > index, "a message", limitMs);
    return this.messages[index]!;
  }

  async gotFrames(count: number): Promise<Buffer[]> {
    await eventually(
      () => this.frames.length >= count,
      () => `${count} frames, not ${this.frames.length}`,
    );
    return this.frames;
  }

  async ended(limitMs?: number): Promise<void> {
    await eventually(() => this.closed, "the end of the connection", limitMs);
  }

  /** Ends at once; the other side may see a reset. */
  destroy(): void {
    this.socket.destroy();
  }
}

export type NativePeer = Peer & { readonly welcome: Record<string, unknown> };

interface FedReader {
  buffer(): Uint8Array;
  callback(count: number, buffer: Uint8Array): boolean;
}

/**
 * Stands in for a socket where a test wants to say itself what each read brings: `feed` fills the reader's own
 * memory as the kernel would, and what is written is kept.
 */
export class FedSocket extends EventEmitter {
  readonly written: Buffer[] = [];
  writableLength = 0;
  bytesRead = 0;
  destroyed = false;
  #reader: FedReader | undefined;
  #room: Uint8Array = Buffer.alloc(0);

  /** To be given to `new StreamLink`. */
  readonly open = (reader: FedReader): Socket => {
    this.#reader = reader;
    this.#room = reader.buffer();
    return this as unknown as Socket;
  };

  /** Bytes that the next read could bring. */
  get room(): number {
    return this.#room.length;
  }

  /** Brings `bytes` in as many reads as the memory it is given makes necessary. */
  feed(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.destroyed; ) {
      const count = Math.min(this.#room.length, bytes.length - at);
      assert.ok(count > 0, "no room to read into");
      this.#room.set(bytes.subarray(at, at + count));
      this.bytesRead += count;
      at += count;
      this.#reader!.callback(count, this.#room);
      this.#room = this.#reader!.buffer();
    }
  }

  write(bytes: Uint8Array, done?: () => void): boolean {
    this.written.push(Buffer.from(bytes));
    if (done !== undefined) process.nextTick(done);
    return true;
  }

  pause(): this {
    return this;
  }

  resume(): this {
    return this;
  }

  end(): this {
    return this;
  }

  destroy(): this {
    if (!this.destroyed) setImmediate(() => this.emit("close"));
    this.destroyed = true;
    return this;
  }
}
