/**
 * The rule about addresses in the slowest and plainest way: text, copies and an exception wherever something that is
 * needed cannot be read. What `AddressPolicy` is held against.
 */
import { ip6 } from "./claims.js";

export interface AllowedText {
  readonly macs: readonly string[];
  readonly ips: readonly string[];
}

/** Thrown where a header is cut short, or is none. */
class Unreadable extends Error {}

const TAGS = ["8100", "88a8", "9100"];
const EXTENSIONS = [0, 43, 44, 51, 60];

/** True if a sender with these addresses may send the frame. */
export function mayPlainly(frame: Buffer, allowed: AllowedText): boolean {
  try {
    return new Judge(allowed).accepts(frame);
  } catch (error) {
    if (error instanceof Unreadable) return false;
    throw error;
  }
}

class Judge {
  readonly #allowed: AllowedText;

  constructor(allowed: AllowedText) {
    this.#allowed = allowed;
  }

  accepts(frame: Buffer): boolean {
    if (!this.#mac(cut(frame, 6, 12))) return false;
    const [type, packet] = unwrap(frame.subarray(12));
    if (type === "0806" || type === "8035") return this.#arp(packet);
    if (type === "0800") return this.#allowed.ips.length === 0 || this.#ipv4(packet);
    if (type === "86dd") return this.#ipv6(packet);
    return true;
  }

  #arp(packet: Buffer): boolean {
    need(cut(packet, 0, 28).toString("hex").startsWith("000108000604"));
    return this.#mac(packet.subarray(8, 14)) && this.#ip(packet.subarray(14, 18));
  }

  #ipv4(packet: Buffer): boolean {
    const header = cut(packet, 0, 20);
    need(/^4[5-f]/.test(header.toString("hex")));
    return this.#ip(header.subarray(12, 16));
  }

  #ipv6(packet: Buffer): boolean {
    const header = cut(packet, 0, 40);
    need(header.toString("hex").startsWith("6"));
    const body = cut(packet, 40, 40 + header.readUInt16BE(4));
    const source = header.subarray(8, 24);
    const { protocol, fragmented, upper } = walk(header[6]!, body);
    if (!this.#ip(source)) return false;
    if (protocol !== 58) return true;
    const type = cut(upper, 0, 1)[0]!;
    if (type < 133 || type > 137) return true;
    need(!fragmented);
    return this.#discovery(type, upper, /^0+$/.test(source.toString("hex")));
  }

  #discovery(type: number, message: Buffer, unspecified: boolean): boolean {
    const fixed = cut(message, 0, { 133: 8, 134: 16, 135: 24, 136: 24, 137: 40 }[type]!);
    const claims = type === 136 || type === 137 || (type === 135 && unspecified);
    if (claims && !this.#ip(fixed.subarray(8, 24))) return false;
    return this.#allowed.macs.length === 0 || this.#options(message.subarray(fixed.length));
  }

  #options(options: Buffer): boolean {
    if (options.length === 0) return true;
    const [type, units] = cut(options, 0, 2);
    need(units! > 0);
    const option = cut(options, 0, units! * 8);
    if (type === 1 || type === 2) {
      need(option.length === 8);
      if (!this.#mac(option.subarray(2))) return false;
    }
    return this.#options(options.subarray(option.length));
  }

  #mac(mac: Buffer): boolean {
    const text = mac.toString("hex").match(/../g)!.join(":");
    return this.#allowed.macs.length === 0 || this.#allowed.macs.includes(text);
  }

  #ip(address: Buffer): boolean {
    if (this.#allowed.ips.length === 0) return true;
    const text = bits(address);
    if (!text.includes("1")) return true;
    if (address.length === 16 && text.startsWith(bits(Buffer.of(0xfe, 0x80)).slice(0, 10))) return true;
    return this.#allowed.ips.some((cidr) => holdsPlainly(cidr, address));
  }
}

/** True if the address, 4 or 16 octets, is in `cidr`. */
export function holdsPlainly(cidr: string, address: Buffer): boolean {
  const [host, length] = cidr.split("/");
  const octets = host!.includes(":") ? ip6(host!) : Buffer.from(host!.split(".").map(Number));
  if (octets.length !== address.length) return false;
  return bits(address).startsWith(bits(octets).slice(0, length === undefined ? undefined : Number(length)));
}

/** Type and packet behind everything from the EtherType on that wraps them. */
function unwrap(rest: Buffer, tags = 0): [string, Buffer] {
  const type = cut(rest, 0, 2).toString("hex");
  if (TAGS.includes(type)) {
    need(type !== "9100" && tags < 2);
    cut(rest, 0, 6);
    return unwrap(rest.subarray(4), tags + 1);
  }
  const inner = /^aaaa030000(?:00|f8)(....)/.exec(rest.subarray(2, 10).toString("hex"));
  if (type >= "0600" || inner === null) return [type, rest.subarray(2)];
  need(!TAGS.includes(inner[1]!));
  return [inner[1]!, rest.subarray(10)];
}

/** The chain of headers of an IPv6 packet to its end. */
function walk(first: number, body: Buffer): { protocol: number; fragmented: boolean; upper: Buffer } {
  let [protocol, upper, fragmented, count] = [first, body, false, 0];
  while (EXTENSIONS.includes(protocol)) {
    need(++count <= 7);
    const header = cut(upper, 0, 8);
    if (protocol === 44) fragmented = true;
    if (protocol === 44 && header.readUInt16BE(2) >>> 3 > 0) return { protocol: -1, fragmented, upper };
    const length = { 44: 8, 51: header[1]! * 4 + 8 }[protocol] ?? header[1]! * 8 + 8;
    protocol = header[0]!;
    cut(upper, 0, length);
    upper = upper.subarray(length);
  }
  return { protocol, fragmented, upper };
}

function cut(bytes: Buffer, start: number, end: number): Buffer {
  need(end <= bytes.length);
  return bytes.subarray(start, end);
}

function need(holds: boolean): void {
  if (!holds) throw new Unreadable();
}

function bits(octets: Buffer): string {
  return [...octets].map((octet) => octet.toString(2).padStart(8, "0")).join("");
}
