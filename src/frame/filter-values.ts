/** Reads the addresses and numbers of a filter. Each answers undefined for what is none. */
import { type Mac, parseMac } from "./mac.js";

/** An address and the bits of it that count, in words of 32 bits (signed): one for IPv4, four for IPv6. */
export interface Range {
  readonly address: readonly number[];
  readonly mask: readonly number[];
}

const MAC = /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/;

export function readMac(text: string): Mac | undefined {
  return MAC.test(text) ? parseMac(text) : undefined;
}

/** Reads a decimal or 0x number up to `most`, or one of these names. */
export function readNumber(
  text: string,
  most: number,
  names?: ReadonlyMap<string, number>,
): number | undefined {
  const number = /^(0x[0-9a-f]{1,8}|\d{1,8})$/.test(text) ? Number(text) : names?.get(text);
  return number !== undefined && number <= most ? number : undefined;
}

/** Reads one IPv4 or IPv6 address. */
export function readHost(text: string): Range | undefined {
  const address = readAddress(text);
  return address && { address, mask: address.map(() => -1) };
}

/**
 * Reads "10.0.0.0/8", "10.0" (which is 10.0.0.0/16) or "fd00::/64". Bits behind the prefix must be 0, since who writes
 * them means something else.
 */
export function readNet(text: string): Range | undefined {
  const [, host = "", length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const octets = host.split(".").length;
  const short = /^[\d.]+$/.test(host) && octets < 4;
  const address = readAddress(short ? host + ".0".repeat(4 - octets) : host);
  if (address === undefined) return undefined;
  const bits = length === undefined ? (short ? octets * 8 : address.length * 32) : Number(length);
  if (bits > address.length * 32) return undefined;
  return within(
    address,
    address.map((_, word) => maskOf(bits - 32 * word)),
  );
}

/** The IPv4 net of "10.0.0.0" and the mask "255.0.0.0". */
export function readMasked(host: string, mask: string): Range | undefined {
  const [address, bits] = [readIpv4(host), readIpv4(mask)];
  return address === undefined || bits === undefined ? undefined : within(address, bits);
}

function within(address: readonly number[], mask: readonly number[]): Range | undefined {
  return address.every((word, index) => (word & ~mask[index]!) === 0) ? { address, mask } : undefined;
}

/** A word whose first `bits` bits are set. */
function maskOf(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : ~(-1 >>> bits);
}

function readAddress(text: string): readonly number[] | undefined {
  return text.includes(":") ? readIpv6(text) : readIpv4(text);
}

function readIpv4(text: string): number[] | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const octets = text.split(".").map(Number);
  if (octets.some((octet) => octet > 255)) return undefined;
  return [octets.reduce((word, octet) => (word << 8) | octet, 0)];
}

/** As RFC 4291 2.2 has it: eight groups, "::" for as many as are missing, the last two perhaps as IPv4. */
function readIpv6(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = [readGroups(halves[0]!), readGroups(halves[1] ?? "")];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail];
  return [0, 2, 4, 6].map((at) => (groups[at]! << 16) | groups[at + 1]!);
}

function readGroups(text: string): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    const word = index === parts.length - 1 ? readIpv4(part)?.[0] : undefined;
    if (word !== undefined) groups.push(word >>> 16, word & 0xffff);
    else if (/^[0-9a-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}
