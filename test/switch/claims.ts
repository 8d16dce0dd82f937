/** Frames that speak for an address, field by field from the RFCs. */
import { type Address, BROADCAST, octets } from "../support/frames.js";

/** VLAN tags as [EtherType, ID], outer first. */
export type Tags = readonly (readonly [number, number])[];

export interface Wrapping {
  readonly from: Address;
  readonly to?: Address;
  readonly tags?: Tags;
  /** A length and an LLC/SNAP header of this organisation in place of the EtherType. */
  readonly snap?: number;
}

export interface Ipv6Options {
  /** Extension headers in order; `body` without its first byte, the next header. */
  readonly extensions?: readonly { readonly type: number; readonly body: Uint8Array }[];
  readonly protocol?: number;
}

export const LAN4 = "10.0.0.0/24";
export const LAN6 = "fd00::/64";

const ICMPV6 = 58;
const SOLICITATION = 135;
const ADVERTISEMENT = 136;

/** An Ethernet header with tags or SNAP, and `payload` behind it. */
export function wrapped(
  { from, to = BROADCAST, tags = [], snap }: Wrapping,
  type: number,
  payload: Uint8Array,
): Buffer {
  const words = tags.flat();
  const llc =
    snap === undefined ? [type] : [payload.length + 8, 0xaaaa, 0x0300 | (snap >>> 16), snap & 0xffff, type];
  return Buffer.concat([octets(to), octets(from), words16(...words, ...llc), payload]);
}

/** An ARP packet from `sender`; RARP by its EtherType. */
export function arp(wrapping: Wrapping, sender: { mac: Address; ip: string }, type = 0x0806): Buffer {
  const head = Buffer.from("0001080006040001", "hex");
  const target = Buffer.concat([Buffer.alloc(6), ip4("10.0.0.99")]);
  return wrapped(wrapping, type, Buffer.concat([head, octets(sender.mac), ip4(sender.ip), target]));
}

/** A UDP datagram, or another protocol's bytes. */
export function ipv4(
  wrapping: Wrapping,
  source: string,
  payload: Uint8Array = Buffer.alloc(12, 0x5a),
): Buffer {
  const header = Buffer.from("450000000000000040110000", "hex");
  header.writeUInt16BE(20 + payload.length, 2);
  return wrapped(wrapping, 0x0800, Buffer.concat([header, ip4(source), ip4("10.0.0.99"), payload]));
}

export function ipv6(
  wrapping: Wrapping,
  source: string,
  payload: Uint8Array = Buffer.alloc(12, 0x5a),
  options: Ipv6Options = {},
): Buffer {
  const { extensions = [], protocol = 17 } = options;
  const types = [...extensions.map(({ type }) => type), protocol];
  const chain = extensions.map(({ body }, index) => Buffer.concat([Buffer.of(types[index + 1]!), body]));
  const rest = Buffer.concat([...chain, payload]);
  const fixed = Buffer.concat([
    Buffer.from("60000000", "hex"),
    words16(rest.length),
    Buffer.of(types[0]!, 255),
  ]);
  return wrapped(wrapping, 0x86dd, Buffer.concat([fixed, ip6(source), ip6("ff02::1"), rest]));
}

/** A neighbour discovery message of any type, with `target` where it has one. */
export function discovery(type: number, target: string, ...options: Uint8Array[]): Buffer {
  const fixed: Record<number, Buffer[]> = {
    133: [],
    134: [Buffer.alloc(8)],
    135: [ip6(target)],
    136: [ip6(target)],
    137: [ip6(target), ip6("fd00::99")],
  };
  return Buffer.concat([Buffer.of(type, 0, 0, 0, 0, 0, 0, 0), ...fixed[type]!, ...options]);
}

/** A link-layer address option of this type. */
export function macOption(type: number, mac: Address): Buffer {
  return Buffer.concat([Buffer.of(type, 1), octets(mac)]);
}

/** "Who has `target`?" from `source`, with the sender's own address as an option. */
export function solicitation(wrapping: Wrapping, source: string, target: string, mac?: Address): Buffer {
  const options = mac === undefined ? [] : [macOption(1, mac)];
  return ipv6(wrapping, source, discovery(SOLICITATION, target, ...options), { protocol: ICMPV6 });
}

/** "`target` is at `mac`", from `source`. */
export function advertisement(wrapping: Wrapping, source: string, target: string, mac?: Address): Buffer {
  const options = mac === undefined ? [] : [macOption(2, mac)];
  return ipv6(wrapping, source, discovery(ADVERTISEMENT, target, ...options), { protocol: ICMPV6 });
}

/** An extension header of `type` with 8 times `units` bytes. */
export function extension(type: number, units = 1) {
  return { type, body: Buffer.concat([Buffer.of(units - 1), Buffer.alloc(units * 8 - 2)]) };
}

/** An authentication header of 16 bytes [RFC 4302 2]. */
export function authentication() {
  return { type: 51, body: Buffer.concat([Buffer.of(2), Buffer.alloc(14, 3)]) };
}

/** A fragment header for this offset, in units of 8 bytes, with more to come or not. */
export function fragment(offset: number, more: boolean) {
  return {
    type: 44,
    body: Buffer.concat([Buffer.of(0), words16((offset << 3) | Number(more)), Buffer.alloc(4, 7)]),
  };
}

export function ip4(text: string): Buffer {
  return Buffer.from(text.split(".").map(Number));
}

/** The octets of an IPv6 address, which may have one "::". */
export function ip6(text: string): Buffer {
  const [head = [], tail] = text.split("::").map((part) => (part === "" ? [] : part.split(":")));
  const zeros = Array<string>(8 - head.length - (tail?.length ?? 0)).fill("0");
  const groups = tail === undefined ? head : [...head, ...zeros, ...tail];
  return words16(...groups.map((group) => Number.parseInt(group, 16)));
}

export function words16(...words: number[]): Buffer {
  return Buffer.from(words.flatMap((word) => [word >>> 8, word & 0xff]));
}
