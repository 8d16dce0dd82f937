/**
 * DHCP for IPv6 [RFC 8415]: who speaks in a message, and which addresses a reply gives. A relay agent wraps messages of
 * either side in messages of its own.
 */
import { read16, read32 } from "./segment-fields.js";

/** UDP ports: clients listen on the first, servers and relay agents on the second [RFC 8415 7.2]. */
export const DHCP6_CLIENT_PORT = 546;
export const DHCP6_SERVER_PORT = 547;

/** Message types [RFC 8415 7.3]. */
export const Dhcp6Type = { request: 3, renew: 5, rebind: 6, reply: 7, release: 8, decline: 9 } as const;

/** Types that clients send: solicit, request, confirm, renew, rebind, release, decline, information-request, and those of bulk queries. */
const CLIENTS: readonly number[] = [1, 3, 4, 5, 6, 8, 9, 11, 14, 18, 20, 22];

const HEADER = 4;
const OPTION_HEADER = 4;
const OPTION_CLIENT_ID = 1;
const OPTION_IA_NA = 3;
const OPTION_IA_TA = 4;
const OPTION_IA_ADDRESS = 5;
/** Identity, T1 and T2 of an association for addresses that are not temporary. */
const IA_NA_FIXED = 12;
const IA_TA_FIXED = 4;
/** Address, preferred and valid lifetime. */
const ADDRESS_FIXED = 24;
/** Addresses in one message. Nobody asks for more. */
export const MAX_DHCP6_ADDRESSES = 16;

export interface Dhcp6 {
  readonly type: number;
  readonly transaction: number;
  /** Of the client, in hexadecimal; empty without one. */
  readonly client: string;
  readonly addresses: readonly Dhcp6Address[];
}

export interface Dhcp6Address {
  /** 16 octets. */
  readonly address: Uint8Array;
  /** Seconds; 0: it may be used no longer. */
  readonly validSeconds: number;
}

/** True for a message that only a client sends; one from servers or relay agents, and one unknown, is none. */
export function isFromDhcp6Client(type: number): boolean {
  return CLIENTS.includes(type);
}

/** Reads the message between client and server in bytes[at, end); null where its options are nonsense. */
export function readDhcp6(bytes: Uint8Array, at: number, end: number): Dhcp6 | null {
  if (end > bytes.length || at + HEADER > end) return null;
  let client = "";
  const addresses: Dhcp6Address[] = [];
  const sound = eachOption(bytes, at + HEADER, end, (code, from, to) => {
    if (code === OPTION_CLIENT_ID) client = Buffer.from(bytes.subarray(from, to)).toString("hex");
    else if (code === OPTION_IA_NA) return readAssociation(bytes, from + IA_NA_FIXED, to, addresses);
    else if (code === OPTION_IA_TA) return readAssociation(bytes, from + IA_TA_FIXED, to, addresses);
    return true;
  });
  const transaction = read32(bytes, at) & 0xff_ffff;
  return sound ? { type: bytes[at]!, transaction, client, addresses } : null;
}

function readAssociation(bytes: Uint8Array, at: number, end: number, into: Dhcp6Address[]): boolean {
  return eachOption(bytes, at, end, (code, from, to) => {
    if (code !== OPTION_IA_ADDRESS) return true;
    if (to - from < ADDRESS_FIXED || into.length === MAX_DHCP6_ADDRESSES) return false;
    into.push({ address: bytes.slice(from, from + 16), validSeconds: read32(bytes, from + 20) });
    return true;
  });
}

/** Hands each option's value to `take` until it answers false; false as well where one passes the end. */
function eachOption(
  bytes: Uint8Array,
  start: number,
  end: number,
  take: (code: number, from: number, to: number) => boolean,
): boolean {
  for (let at = start; at < end; ) {
    if (at + OPTION_HEADER > end) return false;
    const from = at + OPTION_HEADER;
    const to = from + read16(bytes, at + 2);
    if (to > end || !take(read16(bytes, at), from, to)) return false;
    at = to;
  }
  return start <= end;
}
