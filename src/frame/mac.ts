import { TapswitchError } from "../errors.js";

/**
 * A 48-bit MAC address as two integers that fit V8's small integers: the first two octets, and the last four as a
 * *signed* 32-bit number.
 */
export interface Mac {
  readonly high: number;
  readonly low: number;
}

/** The group bit of the first octet, seen in `high`: multicast or broadcast [IEEE 802-2014, 8.2.2]. */
export const GROUP_BIT = 0x0100;
/** The locally administered bit of the first octet, seen in `high`. */
const LOCAL_BIT = 0x0200;

/** Reads "02:00:5e:10:00:01" (or with dashes). Throws `usage`. */
export function parseMac(text: string): Mac {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text)) {
    throw new TapswitchError(
      "usage",
      `'${text}' is no MAC address: write six hex octets, such as 02:00:5e:10:00:01`,
    );
  }
  const digits = text.replace(/[:-]/g, "");
  return { high: Number.parseInt(digits.slice(0, 4), 16), low: Number.parseInt(digits.slice(4), 16) | 0 };
}

/** Writes "02:00:5e:10:00:01". */
export function formatMac({ high, low }: Mac): string {
  const digits = (high & 0xffff).toString(16).padStart(4, "0") + (low >>> 0).toString(16).padStart(8, "0");
  return digits.replace(/(..)(?!$)/g, "$1:");
}

/** The six octets. */
export function macBytes({ high, low }: Mac): Uint8Array {
  return Uint8Array.of(high >>> 8, high, low >>> 24, low >>> 16, low >>> 8, low);
}

/** A locally administered unicast address out of at least six bytes of a hash. */
export function localMac(hash: Buffer): Mac {
  return { high: (hash.readUInt16BE(0) & ~GROUP_BIT) | LOCAL_BIT, low: hash.readInt32BE(2) };
}
