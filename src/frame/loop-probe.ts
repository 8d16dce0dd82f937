/**
 * Frames by which a switch finds out that two of its ports are connected behind its back: what it sends out of one
 * comes in through another. The destination is a group address of our own, which every bridge floods, also one that
 * runs no spanning tree; the source is another one for each port, so that bridges on the way learn nothing that moves.
 *
 *     0       4      5          6          14     18         22
 *     +-------+------+----------+----------+------+----------+-----------+---------
 *     | magic | vers | reserved | instance | port | sequence | signature | padding
 *     +-------+------+----------+----------+------+----------+-----------+---------
 *
 * The signature is of all before it, by a key that never leaves the process: who has not seen a probe cannot make one,
 * so nobody has a port cut off by inventing loops.
 */
import { ETHERNET_HEADER, ETHERTYPE } from "./ethernet.js";
import { TYPE_LOOP_PROBE } from "./frame-class.js";
import { type Mac, parseMac } from "./mac.js";

/** A locally administered group address: "swloop" would be its owner. */
export const LOOP_PROBE_ADDRESS: Mac = parseMac("03:74:73:6c:6f:70");
/** Bytes of a probe: the shortest frame of a real wire. */
export const LOOP_PROBE_LENGTH = 60;
/** Bytes of a switch's random name, and of the signature. */
export const INSTANCE_BYTES = 8;
export const SIGNATURE_BYTES = 16;

const MAGIC = 0x7473774c; // "tswL"
const VERSION = 1;
const AT = { version: 4, instance: 6, port: 14, sequence: 18, signature: 22 };
/** What is signed, counted from the start of the payload. */
const SIGNED_BYTES = AT.signature;

/** Takes a destination as `Mac` has it. */
export function isLoopProbe(high: number, low: number): boolean {
  return high === LOOP_PROBE_ADDRESS.high && low === LOOP_PROBE_ADDRESS.low;
}

export interface LoopProbeFields {
  /** `INSTANCE_BYTES` long. */
  readonly instance: Buffer;
  readonly port: number;
  readonly sequence: number;
  readonly from: Mac;
}

/** Writes a probe over `frame`, which has `LOOP_PROBE_LENGTH` bytes; `sign` makes the signature of what it is given. */
export function writeLoopProbe(
  frame: Buffer,
  { instance, port, sequence, from }: LoopProbeFields,
  sign: (bytes: Buffer) => Buffer,
): void {
  frame.fill(0);
  frame.writeUInt16BE(LOOP_PROBE_ADDRESS.high, 0);
  frame.writeInt32BE(LOOP_PROBE_ADDRESS.low, 2);
  frame.writeUInt16BE(from.high, 6);
  frame.writeInt32BE(from.low | 0, 8);
  frame.writeUInt16BE(TYPE_LOOP_PROBE, ETHERTYPE);
  const body = frame.subarray(ETHERNET_HEADER);
  body.writeUInt32BE(MAGIC, 0);
  body[AT.version] = VERSION;
  instance.copy(body, AT.instance, 0, INSTANCE_BYTES);
  body.writeUInt32BE(port, AT.port);
  body.writeUInt32BE(sequence, AT.sequence);
  sign(body.subarray(0, SIGNED_BYTES)).copy(body, AT.signature, 0, SIGNATURE_BYTES);
}

/** Reads one probe after another without allocating; what it says is true as long as the frame's bytes are there. */
export class LoopProbeReader {
  port = 0;
  sequence = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** Reads the frame whose payload is bytes[at, end), its EtherType being that of probes; false if it is none. */
  read(bytes: Buffer, at: number, end: number): boolean {
    if (end - at < SIGNED_BYTES + SIGNATURE_BYTES) return false;
    if (bytes.readUInt32BE(at) !== MAGIC || bytes[at + AT.version] !== VERSION) return false;
    this.#bytes = bytes;
    this.#at = at;
    this.port = bytes.readUInt32BE(at + AT.port);
    this.sequence = bytes.readUInt32BE(at + AT.sequence);
    return true;
  }

  /** Below 0 where the sender's instance comes before this one, 0 where it is this one. */
  compareWith(instance: Buffer): number {
    const from = this.#at + AT.instance;
    return this.#bytes.compare(instance, 0, INSTANCE_BYTES, from, from + INSTANCE_BYTES);
  }

  /** True if `sign` says the same of it as its sender. */
  isSigned(sign: (bytes: Buffer) => Buffer): boolean {
    const from = this.#at + AT.signature;
    const expected = sign(this.#bytes.subarray(this.#at, this.#at + SIGNED_BYTES));
    return this.#bytes.compare(expected, 0, SIGNATURE_BYTES, from, from + SIGNATURE_BYTES) === 0;
  }

  /** A number that two probes hardly share: of sender, port and sequence. */
  get fingerprint(): number {
    const at = this.#at + AT.signature;
    return this.#bytes.readUIntBE(at, 6);
  }
}
