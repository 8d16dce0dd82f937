/**
 * How urgent a frame is that has to wait: one of four traffic classes, by the priority of its VLAN tag [802.1Q table 8-5],
 * or else by the DSCP of its IP header [RFC 4594, RFC 8325]. Marks are believed: they matter only among frames that
 * wait for one port, and each class has a bounded share of the room.
 */
import { ETHERTYPE, isReserved, TAG_8021Q, TAG_CONTROL, TAG_SERVICE } from "./ethernet.js";
import {
  IPV4_HEADER,
  IPV6_HEADER,
  networkOffset,
  read16,
  read32,
  TYPE_IPV4,
  TYPE_IPV6,
} from "./segment-fields.js";

export const TRAFFIC_CLASSES = 4;
/** Bulk that others may overtake. */
export const BACKGROUND = 0;
/** What has no mark. */
export const BEST_EFFORT = 1;
/** Video, and what must not wait long. */
const INTERACTIVE = 2;
/** Voice and network control. */
export const URGENT = 3;

/** By the priority of a tag; 0 is no mark. */
const BY_PRIORITY = Uint8Array.of(
  BEST_EFFORT,
  BACKGROUND,
  BEST_EFFORT,
  BEST_EFFORT,
  INTERACTIVE,
  INTERACTIVE,
  URGENT,
  URGENT,
);
const BY_DSCP = byDscp();

/** The class of the frame in bytes[start, end), 0 to 3. */
export function trafficClass(bytes: Uint8Array, start: number, end: number): number {
  if (isReserved(read16(bytes, start), read32(bytes, start + 2) | 0)) return URGENT;
  const type = read16(bytes, start + ETHERTYPE);
  if ((type === TAG_8021Q || type === TAG_SERVICE) && start + TAG_CONTROL < end) {
    const priority = bytes[start + TAG_CONTROL]! >>> 5;
    if (priority !== 0) return BY_PRIORITY[priority]!;
  }
  const at = networkOffset(bytes, start, end);
  return at < 0 ? BEST_EFFORT : BY_DSCP[dscpOf(bytes, at, end)]!;
}

/** 0 of what is no IP packet. */
function dscpOf(bytes: Uint8Array, at: number, end: number): number {
  const type = read16(bytes, at - 2);
  if (type === TYPE_IPV4 && at + IPV4_HEADER <= end) return bytes[at + 1]! >>> 2;
  return type === TYPE_IPV6 && at + IPV6_HEADER <= end ? (read16(bytes, at) >>> 6) & 0x3f : 0;
}

function byDscp(): Uint8Array {
  const classes = new Uint8Array(64).fill(BEST_EFFORT);
  // LE [RFC 8622] and CS1.
  for (const dscp of [1, 8]) classes[dscp] = BACKGROUND;
  // CS3 to CS5, AF31 to AF43.
  for (const dscp of [24, 26, 28, 30, 32, 34, 36, 38, 40]) classes[dscp] = INTERACTIVE;
  // VOICE-ADMIT, EF, CS6, CS7.
  for (const dscp of [44, 46, 48, 56]) classes[dscp] = URGENT;
  return classes;
}
