/** DHCPv4 messages as servers and clients send them: whole, without overload, and not below BOOTP's 300 bytes [RFC 1542 2.1]. */
import { BROADCAST_FLAG, DHCP_MAGIC, DHCP4, DhcpOption, ETHERNET_HARDWARE } from "./dhcp4.js";
import { type Mac, macBytes } from "./mac.js";
import { write16, write32 } from "./segment-fields.js";

/** Some relay agents and clients drop what is shorter. */
const MIN_MESSAGE = 300;
const END = 255;
/** Of one piece of an option [RFC 3396]. */
const MAX_PIECE = 255;

/** IPv4 addresses as unsigned numbers; 0, as what is left out, is none. */
export interface Dhcp4Fields {
  readonly op: number;
  readonly type: number;
  readonly xid: number;
  readonly hardware: Mac;
  readonly seconds?: number;
  readonly broadcast?: boolean;
  readonly clientAddress?: number;
  readonly yourAddress?: number;
  readonly relay?: number;
  /** Behind the message type, in this order. */
  readonly options?: Iterable<readonly [code: number, value: Uint8Array]>;
}

/** The bytes of a message. */
export function writeDhcp4(fields: Dhcp4Fields): Buffer {
  const head = Buffer.alloc(DHCP4.options);
  head[DHCP4.op] = fields.op;
  head[DHCP4.hardwareType] = ETHERNET_HARDWARE;
  head[DHCP4.hardwareLength] = 6;
  write32(head, DHCP4.xid, fields.xid);
  write16(head, DHCP4.seconds, fields.seconds ?? 0);
  write16(head, DHCP4.flags, fields.broadcast === true ? BROADCAST_FLAG : 0);
  write32(head, DHCP4.clientAddress, fields.clientAddress ?? 0);
  write32(head, DHCP4.yourAddress, fields.yourAddress ?? 0);
  write32(head, DHCP4.relay, fields.relay ?? 0);
  head.set(macBytes(fields.hardware), DHCP4.hardware);
  write32(head, DHCP4.magic, DHCP_MAGIC);
  const parts = [head, option(DhcpOption.messageType, Uint8Array.of(fields.type))];
  for (const [code, value] of fields.options ?? []) parts.push(option(code, value));
  const message = Buffer.concat([...parts, Buffer.of(END)]);
  return Buffer.concat([message, Buffer.alloc(Math.max(0, MIN_MESSAGE - message.length))]);
}

/** Four octets of an address. */
export function addressBytes(...addresses: number[]): Uint8Array {
  const bytes = new Uint8Array(addresses.length * 4);
  for (const [index, address] of addresses.entries()) write32(bytes, index * 4, address);
  return bytes;
}

function option(code: number, value: Uint8Array): Buffer {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < value.length; at += MAX_PIECE) {
    const piece = value.subarray(at, at + MAX_PIECE);
    pieces.push(Uint8Array.of(code, piece.length), piece);
  }
  return Buffer.concat(pieces);
}
