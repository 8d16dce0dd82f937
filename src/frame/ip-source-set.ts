/**
 * A set of IP addresses, written as CIDRs and asked about frame by frame: ranges of 32-bit words, searched by halving.
 * Two CIDRs are apart or one holds the other, so without those held the ranges are in order by either end.
 */
import { isIPv4, isIPv6 } from "node:net";
import { TapswitchError } from "../errors.js";

/** Addresses that share their first `prefixLength` bits: `address` has 4 or 16 octets, zero behind those bits. */
export interface Cidr {
  readonly address: Uint8Array;
  readonly prefixLength: number;
}

/** Reads "10.0.0.0/24", "10.0.0.7", "fd00::/64" or "fd00::7". Throws `usage`. */
export function parseCidr(text: string): Cidr {
  const [host, length, ...rest] = text.split("/");
  const address = isIPv4(host!) ? ipv4Octets(host!) : isIPv6(host!) ? ipv6Octets(host!) : undefined;
  const bits = (address?.length ?? 0) * 8;
  const prefixLength = length === undefined ? bits : Number(/^\d{1,3}$/.test(length) ? length : Number.NaN);
  if (address === undefined || rest.length > 0 || !(prefixLength <= bits)) {
    throw new TapswitchError(
      "usage",
      `'${text}' is no range of addresses: write 10.0.0.7, 10.0.0.0/24, fd00::7 or fd00::/64`,
    );
  }
  if (!isZero(address, prefixLength, bits)) {
    throw new TapswitchError(
      "usage",
      `'${text}' has bits set behind its prefix: write ${host} for this one address, or end it in zeros for all of the range`,
    );
  }
  return { address, prefixLength };
}

export class IpSourceSet {
  /** Words in an address, and the first and last address of each range, word by word. */
  readonly #words: number;
  readonly #firsts: Int32Array;
  readonly #lasts: Int32Array;
  readonly #count: number;

  /** The set of those `cidrs` whose addresses have `octets` octets. */
  constructor(cidrs: readonly Cidr[], octets: 4 | 16) {
    const apart = outermost(cidrs.filter(({ address }) => address.length === octets));
    this.#words = octets / 4;
    this.#count = apart.length;
    this.#firsts = Int32Array.from(apart.flatMap(({ address }) => words(address)));
    this.#lasts = Int32Array.from(apart.flatMap((cidr) => words(lastAddress(cidr))));
  }

  /** True if the address at bytes[at] is in the set; all of it must be there. */
  has(bytes: Uint8Array, at: number): boolean {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(this.#firsts, middle, bytes, at) <= 0) low = middle + 1;
      else high = middle;
    }
    return low > 0 && this.#compare(this.#lasts, low - 1, bytes, at) >= 0;
  }

  #compare(bounds: Int32Array, index: number, bytes: Uint8Array, at: number): number {
    const first = index * this.#words;
    for (let word = 0; word < this.#words; word++) {
      const bound = bounds[first + word]!;
      const other = orderedWord(bytes, at + 4 * word);
      if (bound !== other) return bound < other ? -1 : 1;
    }
    return 0;
  }
}

/** Four octets as a signed number in the order of unsigned ones: it stays a small integer. */
function orderedWord(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! ^ 0x80) << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function words(address: Uint8Array): number[] {
  return Array.from({ length: address.length / 4 }, (_, word) => orderedWord(address, 4 * word));
}

/** Those that no other one holds, in order. */
function outermost(cidrs: readonly Cidr[]): Cidr[] {
  const inOrder = [...cidrs].sort(
    (one, other) => Buffer.compare(one.address, other.address) || one.prefixLength - other.prefixLength,
  );
  const apart: Cidr[] = [];
  for (const cidr of inOrder) {
    const before = apart.at(-1);
    if (before === undefined || Buffer.compare(lastAddress(before), cidr.address) < 0) apart.push(cidr);
  }
  return apart;
}

function lastAddress({ address, prefixLength }: Cidr): Uint8Array {
  return address.map((octet, index) => octet | (0xff >>> Math.max(0, Math.min(8, prefixLength - index * 8))));
}

function isZero(address: Uint8Array, from: number, to: number): boolean {
  for (let bit = from; bit < to; bit++) if ((address[bit >>> 3]! & (0x80 >>> (bit & 7))) !== 0) return false;
  return true;
}

function ipv4Octets(text: string): Uint8Array {
  return Uint8Array.from(text.split("."), Number);
}

function ipv6Octets(text: string): Uint8Array | undefined {
  if (text.includes("%")) return undefined; // a zone means something on one machine only
  const [head, tail] = text.split("::").map(ipv6Part);
  const gap = Array<number>(16 - head!.length - (tail?.length ?? 0)).fill(0);
  return Uint8Array.from([...head!, ...gap, ...(tail ?? [])]);
}

/** The octets of groups between colons, of which the last may be an IPv4 address. */
function ipv6Part(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return [...ipv4Octets(group)];
    const value = Number.parseInt(group, 16);
    return [value >>> 8, value & 0xff];
  });
}
