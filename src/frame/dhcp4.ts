/**
 * DHCP for IPv4 as it stands on the wire [RFC 2131 2, RFC 2132]: a fixed part of 236 bytes, a magic number and
 * options, which may go on in the fields of the server's name and of the boot file [RFC 2132 9.3]. An option that comes
 * in several pieces is one [RFC 3396].
 */
import type { Mac } from "./mac.js";
import { read16, read32 } from "./segment-fields.js";

/** UDP ports [RFC 2131 4.1]. */
export const DHCP_SERVER_PORT = 67;
export const DHCP_CLIENT_PORT = 68;

/** First byte of a message: from a client, from a server. */
export const BOOT_REQUEST = 1;
export const BOOT_REPLY = 2;

/** Values of option 53 [RFC 2132 9.6]. */
export const DhcpType = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;

/** Codes of options [RFC 2132; 82: RFC 3046; 119: RFC 3397]. */
export const DhcpOption = {
  subnetMask: 1,
  router: 3,
  dns: 6,
  hostName: 12,
  domain: 15,
  mtu: 26,
  broadcast: 28,
  requestedAddress: 50,
  leaseTime: 51,
  overload: 52,
  messageType: 53,
  server: 54,
  wanted: 55,
  message: 56,
  renewal: 58,
  rebinding: 59,
  clientId: 61,
  relay: 82,
} as const;

/** Where the fixed fields lie. */
export const DHCP4 = {
  op: 0,
  hardwareType: 1,
  hardwareLength: 2,
  hops: 3,
  xid: 4,
  seconds: 8,
  flags: 10,
  clientAddress: 12,
  yourAddress: 16,
  nextServer: 20,
  relay: 24,
  hardware: 28,
  serverName: 44,
  file: 108,
  magic: 236,
  options: 240,
} as const;

export const DHCP_MAGIC = 0x6382_5363;
/** In `flags`: the client cannot take unicast before it has its address. */
export const BROADCAST_FLAG = 0x8000;
export const ETHERNET_HARDWARE = 1;
const ETHERNET_LENGTH = 6;
const PAD = 0;
const END = 255;
/** Pieces of options in one message; a sound one has some twenty. */
const MAX_PIECES = 256;

/** One message; IPv4 addresses as unsigned numbers, 0 for none. */
export interface Dhcp4 {
  readonly op: number;
  readonly xid: number;
  readonly broadcast: boolean;
  readonly clientAddress: number;
  readonly yourAddress: number;
  /** The relay agent that it passed. */
  readonly relay: number;
  readonly hardware: Mac;
  /** Option 53; 0 where it has none, which is BOOTP. */
  readonly type: number;
  readonly options: ReadonlyMap<number, Uint8Array>;
}

/** Reads the message in bytes[at, end), for a client on Ethernet; null where it is none, or nonsense. Copies nothing. */
export function readDhcp4(bytes: Uint8Array, at: number, end: number): Dhcp4 | null {
  if (end > bytes.length || at + DHCP4.magic > end) return null;
  const op = bytes[at]!;
  if (op !== BOOT_REQUEST && op !== BOOT_REPLY) return null;
  if (bytes[at + DHCP4.hardwareType] !== ETHERNET_HARDWARE) return null;
  if (bytes[at + DHCP4.hardwareLength] !== ETHERNET_LENGTH) return null;
  const options = readOptions(bytes, at, end);
  if (options === null) return null;
  const type = options.get(DhcpOption.messageType);
  if (type !== undefined && type.length !== 1) return null;
  return {
    op,
    xid: read32(bytes, at + DHCP4.xid),
    broadcast: (read16(bytes, at + DHCP4.flags) & BROADCAST_FLAG) !== 0,
    clientAddress: read32(bytes, at + DHCP4.clientAddress),
    yourAddress: read32(bytes, at + DHCP4.yourAddress),
    relay: read32(bytes, at + DHCP4.relay),
    hardware: {
      high: read16(bytes, at + DHCP4.hardware),
      low: read32(bytes, at + DHCP4.hardware + 2) | 0,
    },
    type: type?.[0] ?? 0,
    options,
  };
}

/** The first IPv4 address in an option, as an unsigned number; 0 without one. */
export function addressOption({ options }: Dhcp4, code: number): number {
  const value = options.get(code);
  return value === undefined || value.length < 4 ? 0 : read32(value, 0);
}

/** All options by code; null where one passes the end of its field. */
function readOptions(bytes: Uint8Array, at: number, end: number): Map<number, Uint8Array> | null {
  const pieces = new Pieces();
  if (at + DHCP4.options > end || read32(bytes, at + DHCP4.magic) !== DHCP_MAGIC) return pieces.joined();
  if (!pieces.add(bytes, at + DHCP4.options, end)) return null;
  const overload = pieces.first(DhcpOption.overload)?.[0] ?? 0;
  // The file comes before the server's name [RFC 2131 4.1].
  if ((overload & 1) !== 0 && !pieces.add(bytes, at + DHCP4.file, at + DHCP4.magic)) return null;
  if ((overload & 2) !== 0 && !pieces.add(bytes, at + DHCP4.serverName, at + DHCP4.file)) return null;
  return pieces.joined();
}

class Pieces {
  readonly #byCode = new Map<number, Uint8Array[]>();
  #count = 0;

  /** Takes the options in bytes[at, end), up to their end mark; false where they are no options. */
  add(bytes: Uint8Array, start: number, end: number): boolean {
    for (let at = start; at < end; ) {
      const code = bytes[at]!;
      if (code === END) return true;
      if (code === PAD) {
        at++;
        continue;
      }
      if (at + 2 > end) return false;
      const next = at + 2 + bytes[at + 1]!;
      if (next > end || ++this.#count > MAX_PIECES) return false;
      const known = this.#byCode.get(code);
      if (known === undefined) this.#byCode.set(code, [bytes.subarray(at + 2, next)]);
      else known.push(bytes.subarray(at + 2, next));
      at = next;
    }
    return true;
  }

  first(code: number): Uint8Array | undefined {
    return this.#byCode.get(code)?.[0];
  }

  joined(): Map<number, Uint8Array> {
    const options = new Map<number, Uint8Array>();
    for (const [code, pieces] of this.#byCode)
      options.set(code, pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
    return options;
  }
}
