/** An IP address as four words, so that group addresses of both families are kept and compared without text. */
import { ipv4Text, ipv6Text } from "./ip-source-text.js";
import type { Mac } from "./mac.js";
import { read32, write32 } from "./segment-fields.js";

/** The multicast MACs of IPv4 take over 23 bits [RFC 1112 6.4], those of IPv6 take 32 [RFC 2464 7]. */
const IPV4_MAC = { high: 0x0100, low: 0x5e00_0000 };
const IPV4_MAC_BITS = 0x7f_ffff;
const IPV6_MAC_HIGH = 0x3333;

export class IpGroup {
  isIpv6 = false;
  /** Signed 32-bit words in network order; of an IPv4 address only the last is used, the others are 0. */
  w0 = 0;
  w1 = 0;
  w2 = 0;
  w3 = 0;

  /** Takes the IPv4 address at bytes[at]. */
  readIpv4(bytes: Uint8Array, at: number): this {
    this.isIpv6 = false;
    this.w0 = this.w1 = this.w2 = 0;
    this.w3 = read32(bytes, at) | 0;
    return this;
  }

  /** Takes the IPv6 address at bytes[at]. */
  readIpv6(bytes: Uint8Array, at: number): this {
    this.isIpv6 = true;
    this.w0 = read32(bytes, at) | 0;
    this.w1 = read32(bytes, at + 4) | 0;
    this.w2 = read32(bytes, at + 8) | 0;
    this.w3 = read32(bytes, at + 12) | 0;
    return this;
  }

  take(other: IpGroup): this {
    this.isIpv6 = other.isIpv6;
    this.w0 = other.w0;
    this.w1 = other.w1;
    this.w2 = other.w2;
    this.w3 = other.w3;
    return this;
  }

  equals(other: IpGroup): boolean {
    return this.w3 === other.w3 && this.isIpv6 === other.isIpv6 && this.#restEquals(other);
  }

  get isUnspecified(): boolean {
    return (this.w0 | this.w1 | this.w2 | this.w3) === 0;
  }

  /** 224.0.0.0/4, ff00::/8. */
  get isMulticast(): boolean {
    return this.isIpv6 ? this.w0 >>> 24 === 0xff : this.w3 >>> 28 === 0xe;
  }

  /** The address in order: negative where this one is the lower. */
  compare(other: IpGroup): number {
    return (
      (this.w0 >>> 0) - (other.w0 >>> 0) ||
      (this.w1 >>> 0) - (other.w1 >>> 0) ||
      (this.w2 >>> 0) - (other.w2 >>> 0) ||
      (this.w3 >>> 0) - (other.w3 >>> 0)
    );
  }

  /** The MAC that frames to this group go to. */
  get mac(): Mac {
    return this.isIpv6
      ? { high: IPV6_MAC_HIGH, low: this.w3 }
      : { high: IPV4_MAC.high, low: IPV4_MAC.low | (this.w3 & IPV4_MAC_BITS) };
  }

  /** Writes its 4 or 16 octets to bytes[at]. */
  write(bytes: Uint8Array, at: number): void {
    const words = this.isIpv6 ? [this.w0, this.w1, this.w2, this.w3] : [this.w3];
    for (const [index, word] of words.entries()) write32(bytes, at + 4 * index, word);
  }

  /** As people write it. */
  toString(): string {
    const octets = new Uint8Array(16);
    this.write(octets, 0);
    return this.isIpv6 ? ipv6Text(octets, 0) : ipv4Text(octets, 0);
  }

  #restEquals(other: IpGroup): boolean {
    return this.w2 === other.w2 && this.w1 === other.w1 && this.w0 === other.w0;
  }
}

/**
 * Groups that go to every port without anyone asking: what all hosts listen to without saying so [RFC 4541 2.1.2 (2),
 * 3]: 224.0.0.0/24; ff02::1, scopes that never leave a link's host, and solicited-node addresses, by which neighbours
 * are found.
 */
export function isAlwaysFlooded(group: IpGroup): boolean {
  if (!group.isIpv6) return group.w3 >>> 8 === 0xe00000;
  const scope = (group.w0 >>> 16) & 0xf;
  if (scope < 2) return true;
  if (group.w0 !== LINK_SCOPE || group.w1 !== 0) return false;
  const isAllNodes = group.w2 === 0 && group.w3 === 1;
  return isAllNodes || (group.w2 === 1 && group.w3 >>> 24 === 0xff);
}

const LINK_SCOPE = 0xff02_0000 | 0;
