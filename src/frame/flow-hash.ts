/**
 * Which flow a frame belongs to, as a small number: frames of one flow must keep their order, frames of different
 * flows need not. Two flows may share a number, which costs nothing but a missed chance.
 */
import { ETHERTYPE, TAG_8021Q, VLAN_TAG } from "./ethernet.js";

const TYPE_IPV4 = 0x0800;
const TYPE_IPV6 = 0x86dd;
/** Offsets from the start of an IP header [RFC 791, RFC 8200]. */
const IPV4_FRAGMENT = 6;
const IPV4_PROTOCOL = 9;
const IPV4_ADDRESSES = 12;
const IPV4_HEADER = 20;
const IPV6_NEXT_HEADER = 6;
const IPV6_ADDRESSES = 8;
const IPV6_HEADER = 40;

/** Mixes MAC addresses, IP addresses and TCP or UDP ports of the frame in bytes[start, end) into 0 to 2^32 - 1. */
export function flowHash(bytes: Buffer, start: number, end: number): number {
  let hash = mixWords(bytes, start, start + ETHERTYPE, 0);
  let type = read16(bytes, start + ETHERTYPE);
  let ip = start + ETHERTYPE + 2;
  if (type === TAG_8021Q && ip + VLAN_TAG <= end) {
    type = read16(bytes, ip + 2);
    ip += VLAN_TAG;
  }
  if (type === TYPE_IPV4 && ip + IPV4_HEADER + 4 <= end) {
    // A fragment has no ports, and its first one must not leave the others behind.
    const fragment = (read16(bytes, ip + IPV4_FRAGMENT) & 0x3fff) !== 0;
    const ports = !fragment && hasPorts(bytes[ip + IPV4_PROTOCOL]!) ? 4 : 0;
    hash = mixWords(bytes, ip + IPV4_ADDRESSES, ip + IPV4_HEADER + ports, hash);
  } else if (type === TYPE_IPV6 && ip + IPV6_HEADER + 4 <= end) {
    const ports = hasPorts(bytes[ip + IPV6_NEXT_HEADER]!) ? 4 : 0;
    hash = mixWords(bytes, ip + IPV6_ADDRESSES, ip + IPV6_HEADER + ports, hash);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}

function hasPorts(protocol: number): boolean {
  return protocol === 6 || protocol === 17;
}

function mixWords(bytes: Buffer, from: number, to: number, seed: number): number {
  let hash = seed;
  for (let at = from; at < to; at += 4) {
    const word = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}

function read16(bytes: Buffer, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
