import { isIPv4, isIPv6 } from "node:net";
import { TapswitchError } from "../errors.js";
import type { Cidr } from "../frame/ip-source-set.js";

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
