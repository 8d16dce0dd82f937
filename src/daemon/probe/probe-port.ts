/**
 * Where probes come in and go out: the port of a join that leads to its server. What is answered while a batch is
 * being read goes out behind it, all answers in one.
 */
import { ETHERTYPE } from "../../frame/ethernet.js";
import type { FrameCursor } from "../../frame/frame-cursor.js";
import type { Mac } from "../../frame/mac.js";
import { MIN_PROBE, PROBE_ETHERTYPE, type ProbeFields, ProbeReader, writeProbe } from "../../frame/probe.js";
import { MAX_RECORD, RECORD_HEADER } from "../../frame/record.js";
import { read16 } from "../../frame/segment-fields.js";
import type { Port } from "../../switch/port.js";
import type { Station } from "../../switch/station.js";
import type { Switch } from "../../switch/switch.js";

const BROADCAST: Mac = { high: 0xffff, low: -1 };
/** Of answers to one batch; what goes beyond is not answered. */
const OUTBOX_BYTES = 65_536;
/** Longest frame that is answered with one of the same length. */
const MAX_ANSWER = 1_514;

export type ProbeListener = (probe: ProbeReader, peer: Mac) => void;

export class ProbePort implements Station {
  /** Told of each probe for us. */
  readonly listeners = new Set<ProbeListener>();
  /** Of the device: what others know this host by. */
  mac: Mac;
  readonly #lan: Switch;
  readonly #port: Port;
  readonly #reader = new ProbeReader();
  readonly #due = new Set<() => void>();
  #isDue = false;
  #outbox: Buffer | null = null;
  #outboxEnd = 0;
  #frame: Buffer | null = null;

  constructor(lan: Switch, port: Port, mac: Mac) {
    this.#lan = lan;
    this.#port = port;
    this.mac = mac;
    port.station = this;
  }

  /** Bytes that wait to go out. */
  get backlog(): number {
    return this.#port.queuedBytes;
  }

  take(frame: FrameCursor): boolean {
    if (read16(frame.bytes, frame.frameStart + ETHERTYPE) !== PROBE_ETHERTYPE) return false;
    const { destinationHigh: high, destinationLow: low } = frame;
    if (!isSame({ high, low }, this.mac) && !isSame({ high, low }, BROADCAST)) return false;
    if (!this.#reader.read(frame.bytes, frame.frameStart, frame.recordEnd)) return false;
    const peer = { high: frame.sourceHigh, low: frame.sourceLow };
    for (const listener of this.listeners) listener(this.#reader, peer);
    return true;
  }

  /** Calls back once behind the batch that is being read. */
  soon(callback: () => void): void {
    this.#due.add(callback);
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => this.#goOn());
  }

  /** Sends one probe behind the batch that is being read; a long one is cut. */
  answer(to: Mac, fields: ProbeFields): void {
    this.#outbox ??= Buffer.alloc(OUTBOX_BYTES);
    if (this.#outboxEnd + RECORD_HEADER + MAX_ANSWER > OUTBOX_BYTES) return;
    const length = Math.min(fields.length ?? MIN_PROBE, MAX_ANSWER);
    this.#outboxEnd = writeProbe(this.#outbox, this.#outboxEnd, to, this.mac, { ...fields, length });
    this.soon(this.#flush);
  }

  /** Sends one probe now. Not while a batch is being read. */
  send(to: Mac, fields: ProbeFields): void {
    this.#frame ??= Buffer.alloc(MAX_RECORD);
    const end = writeProbe(this.#frame, 0, to, this.mac, fields);
    this.#lan.emit(this.#port, { bytes: this.#frame, start: 0, end });
  }

  sendToAll(fields: ProbeFields): void {
    this.send(BROADCAST, fields);
  }

  /** Gives back the memory that only a test needs. */
  rest(): void {
    this.#frame = null;
    if (this.#outboxEnd === 0) this.#outbox = null;
  }

  #goOn(): void {
    this.#isDue = false;
    const due = [...this.#due];
    this.#due.clear();
    for (const callback of due) callback();
  }

  readonly #flush = (): void => {
    const end = this.#outboxEnd;
    this.#outboxEnd = 0;
    this.#lan.emit(this.#port, { bytes: this.#outbox!, start: 0, end });
  };
}

export function isSame(one: Mac, other: Mac): boolean {
  return one.high === other.high && one.low === other.low;
}
