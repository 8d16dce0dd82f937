/**
 * A set of IP addresses, written as CIDRs and asked about frame by frame: ranges of 32-bit words, searched by halving.
 * Two CIDRs are apart or one holds the other, so without those held the ranges are in order by either end.
 */

/** Addresses that share their first `prefixLength` bits: `address` has 4 or 16 octets, zero behind those bits. */
export interface Cidr {
  readonly address: Uint8Array;
  readonly prefixLength: number;
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
