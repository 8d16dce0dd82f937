/** A UDP datagram over IPv4 in an untagged Ethernet frame, both checksums in place. */
import { fold, internetChecksum, internetSum, pseudoHeaderSum4 } from "./checksum.js";
import { ETHERNET_HEADER, ETHERTYPE } from "./ethernet.js";
import { type Mac, macBytes } from "./mac.js";
import {
  IPV4_CHECKSUM,
  IPV4_HEADER,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_TOTAL_LENGTH,
  PROTOCOL_UDP,
  TYPE_IPV4,
  UDP_CHECKSUM,
  UDP_HEADER,
  UDP_LENGTH,
  write16,
  write32,
} from "./segment-fields.js";

/** Shortest frame without its FCS; what is shorter is padded [IEEE 802.3 3.2.8]. */
const MIN_ETHERNET = 60;
const HOPS = 64;

/** One end of a datagram; the IPv4 address as an unsigned number. */
export interface UdpEnd {
  readonly mac: Mac;
  readonly ip: number;
  readonly port: number;
}

/** The bytes of the frame. */
export function udp4Frame(from: UdpEnd, to: UdpEnd, payload: Uint8Array): Buffer {
  const udp = ETHERNET_HEADER + IPV4_HEADER;
  const end = udp + UDP_HEADER + payload.length;
  const frame = Buffer.alloc(Math.max(MIN_ETHERNET, end));
  frame.set(macBytes(to.mac), 0);
  frame.set(macBytes(from.mac), 6);
  write16(frame, ETHERTYPE, TYPE_IPV4);
  writeIpv4(frame, ETHERNET_HEADER, { from: from.ip, to: to.ip, length: end - ETHERNET_HEADER });
  write16(frame, udp, from.port);
  write16(frame, udp + 2, to.port);
  write16(frame, udp + UDP_LENGTH, UDP_HEADER + payload.length);
  frame.set(payload, udp + UDP_HEADER);
  const pseudo = pseudoHeaderSum4(frame, ETHERNET_HEADER, PROTOCOL_UDP, end - udp);
  // 0 would say that there is none [RFC 768].
  write16(frame, udp + UDP_CHECKSUM, internetChecksum(frame, udp, end, pseudo) || 0xffff);
  return frame;
}

/** True if the datagram at bytes[udp, end), of the packet at `ip`, came whole; true as well where it has no checksum. */
export function isSoundUdp4(bytes: Uint8Array, ip: number, udp: number, end: number): boolean {
  const length = bytes[udp + UDP_LENGTH]! * 256 + bytes[udp + UDP_LENGTH + 1]!;
  if (length < UDP_HEADER || udp + length > end) return false;
  if (bytes[udp + UDP_CHECKSUM] === 0 && bytes[udp + UDP_CHECKSUM + 1] === 0) return true;
  const pseudo = pseudoHeaderSum4(bytes, ip, PROTOCOL_UDP, length);
  return fold(internetSum(bytes, udp, udp + length, pseudo)) === 0xffff;
}

function writeIpv4(
  frame: Buffer,
  at: number,
  { from, to, length }: { from: number; to: number; length: number },
): void {
  frame[at] = 0x45;
  write16(frame, at + IPV4_TOTAL_LENGTH, length);
  frame[at + 8] = HOPS;
  frame[at + IPV4_PROTOCOL] = PROTOCOL_UDP;
  write32(frame, at + IPV4_SOURCE, from);
  write32(frame, at + IPV4_SOURCE + 4, to);
  write16(frame, at + IPV4_CHECKSUM, internetChecksum(frame, at, at + IPV4_HEADER));
}
