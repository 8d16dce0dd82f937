/**
 * Bridge protocol data units of STP and RSTP [802.1D-2004 clause 9.3], in an 802.3 frame with an LLC header:
 *
 *     0     2       3    4     5      13     17       25     27    29    31     33      35
 *     +-----+-------+----+-----+------+------+--------+------+-----+-----+------+-------+---------
 *     |  0  | vers. |type|flags| root | cost | bridge | port | age | max | hello| delay | RST: 0
 *     +-----+-------+----+-----+------+------+--------+------+-----+-----+------+-------+---------
 *
 * A bridge identifier is priority and MAC address, 64 bits: more than a number holds exactly. It is 16 hex digits here,
 * which compare as the standard compares identifiers.
 */
import { ETHERNET_HEADER, ETHERTYPE } from "./ethernet.js";
import type { Mac } from "./mac.js";
import { read16, read32 } from "./segment-fields.js";

/** Two octets of LLC service access points and one of control [802.1D-2004 table 7-9]. */
const LLC = [0x42, 0x42, 0x03];
const BPDU_AT = ETHERNET_HEADER + LLC.length;
const AT = { version: 2, type: 3, flags: 4, root: 5, cost: 13, bridge: 17, port: 25, times: 27, rest: 35 };
const TYPE = { config: 0x00, rst: 0x02, tcn: 0x80 };
const TCN_LENGTH = 4;
const CONFIG_LENGTH = 35;
const RST_LENGTH = 36;
const RST_VERSION = 2;
/** Shortest frame on a real wire. */
const SHORTEST = 60;
/** Times are counted in these, so that a second is 256. */
const TICKS_PER_SECOND = 256;

const FLAG = { tc: 0x01, proposal: 0x02, learning: 0x10, forwarding: 0x20, agreement: 0x40, tcAck: 0x80 };
const ROLE_SHIFT = 2;
/** By their two bits [9.3.3]. */
const ROLES = ["unknown", "alternate", "root", "designated"] as const;

/** The role that a port says to have; "alternate" also stands for backup. */
export type SentRole = (typeof ROLES)[number];

/** In seconds, with fractions. */
export interface BpduTimes {
  readonly messageAge: number;
  readonly maxAge: number;
  readonly helloTime: number;
  readonly forwardDelay: number;
}

/** What a configuration BPDU and an RST BPDU have in common. */
export interface TreeBpdu {
  readonly type: "config" | "rst";
  /** 16 hex digits, as those of `bridge`. */
  readonly root: string;
  readonly cost: number;
  readonly bridge: string;
  /** Priority and number of the sending port. */
  readonly port: number;
  readonly times: BpduTimes;
  readonly tc: boolean;
  readonly tcAck: boolean;
  /** From here on, always "designated" and false in a configuration BPDU. */
  readonly role: SentRole;
  readonly proposal: boolean;
  readonly agreement: boolean;
  readonly learning: boolean;
  readonly forwarding: boolean;
}

export type Bpdu = TreeBpdu | { readonly type: "tcn" };

/** Sixteen hex digits; `priority` has 16 bits. */
export function bridgeId(priority: number, { high, low }: Mac): string {
  const mac = (high & 0xffff).toString(16).padStart(4, "0") + (low >>> 0).toString(16).padStart(8, "0");
  return priority.toString(16).padStart(4, "0") + mac;
}

/** True if the frame at bytes[start, end) has the LLC header of BPDUs, whether or not it is a good one. */
export function isBpdu(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < BPDU_AT + TCN_LENGTH) return false;
  const length = read16(bytes, start + ETHERTYPE);
  if (length < LLC.length + TCN_LENGTH || length > end - start - ETHERNET_HEADER) return false;
  return LLC.every((octet, index) => bytes[start + ETHERNET_HEADER + index] === octet);
}

/** Reads the frame at bytes[start, end); null where it is none that a bridge may process [9.3.4]. */
export function readBpdu(bytes: Uint8Array, start: number, end: number): Bpdu | null {
  if (!isBpdu(bytes, start, end)) return null;
  const at = start + BPDU_AT;
  const length = read16(bytes, start + ETHERTYPE) - LLC.length;
  if (read16(bytes, at) !== 0) return null;
  const [version, type] = [bytes[at + AT.version]!, bytes[at + AT.type]!];
  if (type === TYPE.tcn) return { type: "tcn" };
  if (type === TYPE.config && length >= CONFIG_LENGTH) {
    const { messageAge, maxAge } = readTimes(bytes, at + AT.times);
    return messageAge < maxAge ? readConfig(bytes, at) : null;
  }
  return type === TYPE.rst && version >= RST_VERSION && length >= RST_LENGTH ? readRst(bytes, at) : null;
}

/** Writes the frame; answers with all of it, padded to the 60 bytes of a wire. Fractions of seconds are kept to 1/256. */
export function writeBpdu(from: Mac, bpdu: Bpdu): Buffer {
  const length = bpdu.type === "tcn" ? TCN_LENGTH : bpdu.type === "rst" ? RST_LENGTH : CONFIG_LENGTH;
  const frame = Buffer.alloc(SHORTEST);
  frame.writeUIntBE(0x0180_c200_0000, 0, 6);
  frame.writeUInt16BE(from.high, 6);
  frame.writeInt32BE(from.low | 0, 8);
  frame.writeUInt16BE(LLC.length + length, ETHERTYPE);
  frame.set(LLC, ETHERNET_HEADER);
  const body = frame.subarray(BPDU_AT);
  body[AT.version] = bpdu.type === "rst" ? RST_VERSION : 0;
  body[AT.type] = TYPE[bpdu.type];
  if (bpdu.type !== "tcn") writeTree(body, bpdu);
  return frame;
}

function readConfig(bytes: Uint8Array, at: number): TreeBpdu {
  const flags = bytes[at + AT.flags]!;
  return {
    type: "config",
    ...readVector(bytes, at),
    tc: (flags & FLAG.tc) !== 0,
    tcAck: (flags & FLAG.tcAck) !== 0,
    role: "designated",
    proposal: false,
    agreement: false,
    learning: false,
    forwarding: false,
  };
}

function readRst(bytes: Uint8Array, at: number): TreeBpdu {
  const flags = bytes[at + AT.flags]!;
  const role = ROLES[(flags >>> ROLE_SHIFT) & 3]!;
  // As the standard has it: an unknown role makes it a configuration message [9.3.4 note].
  if (role === "unknown") return { ...readConfig(bytes, at), type: "rst" };
  return {
    type: "rst",
    ...readVector(bytes, at),
    tc: (flags & FLAG.tc) !== 0,
    // Meaningless in RST BPDUs [9.3.3].
    tcAck: false,
    role,
    proposal: (flags & FLAG.proposal) !== 0,
    agreement: (flags & FLAG.agreement) !== 0,
    learning: (flags & FLAG.learning) !== 0,
    forwarding: (flags & FLAG.forwarding) !== 0,
  };
}

function readVector(
  bytes: Uint8Array,
  at: number,
): Pick<TreeBpdu, "root" | "cost" | "bridge" | "port" | "times"> {
  return {
    root: readId(bytes, at + AT.root),
    cost: read32(bytes, at + AT.cost) >>> 0,
    bridge: readId(bytes, at + AT.bridge),
    port: read16(bytes, at + AT.port),
    times: readTimes(bytes, at + AT.times),
  };
}

function readId(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.subarray(at, at + 8)).toString("hex");
}

function readTimes(bytes: Uint8Array, at: number): BpduTimes {
  const [messageAge, maxAge, helloTime, forwardDelay] = [0, 2, 4, 6].map(
    (offset) => read16(bytes, at + offset) / TICKS_PER_SECOND,
  );
  return {
    messageAge: messageAge!,
    maxAge: maxAge!,
    helloTime: helloTime!,
    forwardDelay: forwardDelay!,
  };
}

function writeTree(body: Buffer, bpdu: TreeBpdu): void {
  body[AT.flags] = flagsOf(bpdu);
  body.write(bpdu.root, AT.root, "hex");
  body.writeUInt32BE(bpdu.cost, AT.cost);
  body.write(bpdu.bridge, AT.bridge, "hex");
  body.writeUInt16BE(bpdu.port, AT.port);
  const { messageAge, maxAge, helloTime, forwardDelay } = bpdu.times;
  for (const [index, seconds] of [messageAge, maxAge, helloTime, forwardDelay].entries())
    body.writeUInt16BE(Math.min(0xffff, Math.round(seconds * TICKS_PER_SECOND)), AT.times + 2 * index);
}

function flagsOf(bpdu: TreeBpdu): number {
  const common = (bpdu.tc ? FLAG.tc : 0) | (bpdu.tcAck ? FLAG.tcAck : 0);
  if (bpdu.type === "config") return common;
  return (
    common |
    (bpdu.proposal ? FLAG.proposal : 0) |
    (ROLES.indexOf(bpdu.role) << ROLE_SHIFT) |
    (bpdu.learning ? FLAG.learning : 0) |
    (bpdu.forwarding ? FLAG.forwarding : 0) |
    (bpdu.agreement ? FLAG.agreement : 0)
  );
}
