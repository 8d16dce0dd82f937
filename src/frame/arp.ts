/** Where the fields of ARP for IPv4 on Ethernet lie [RFC 826]. RARP [RFC 903] has the same ones. */
import { read16, read32 } from "./segment-fields.js";

export const TYPE_ARP = 0x0806;
export const TYPE_RARP = 0x8035;

export const ARP_OPERATION = 6;
export const ARP_SENDER_MAC = 8;
export const ARP_SENDER_IP = 14;
export const ARP_TARGET_MAC = 18;
export const ARP_TARGET_IP = 24;
export const ARP_LENGTH = 28;

/** Values of the operation. */
export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;

/** Hardware type Ethernet (1), protocol type IPv4; addresses of 6 and 4 bytes. */
const ETHERNET_IPV4 = 0x0001_0800;
const LENGTHS = 0x0604;

/** True if bytes[at, end) starts with all of an ARP packet for IPv4 on Ethernet. */
export function isEthernetArp(bytes: Uint8Array, at: number, end: number): boolean {
  return at + ARP_LENGTH <= end && read32(bytes, at) === ETHERNET_IPV4 && read16(bytes, at + 4) === LENGTHS;
}
