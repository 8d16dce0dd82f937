/** Which IP address a station says that it has: in ARP and neighbour discovery only, since what else it sends may be routed. */
import { ARP_SENDER_IP, ARP_SENDER_MAC, isEthernetArp, TYPE_ARP } from "./arp.js";
import type { FrameCursor } from "./frame-cursor.js";
import { IPV6_SOURCE, Ipv6Upper, networkStart, PROTOCOL_ICMPV6 } from "./ip-source.js";
import { claimedTarget, isUnspecified, mayBeNeighbour } from "./ip-source-neighbour.js";
import { ipv4Text, ipv6Text } from "./ip-source-text.js";
import { IPV6_HEADER, IPV6_NEXT_HEADER, read16, read32, TYPE_IPV6 } from "./segment-fields.js";

const IPV6_HOP_LIMIT = 7;
/** Who is further away than this link cannot send it [RFC 4861 7.1]. */
const FROM_THIS_LINK = 255;

const upper = new Ipv6Upper();

/** The address that the frame's own source announces, or null. Costs next to nothing for all other frames. */
export function announcedAddress(frame: FrameCursor): string | null {
  const at = networkStart(frame.bytes, frame.frameStart, frame.recordEnd);
  if (at < 0) return null;
  const type = read16(frame.bytes, at - 2);
  if (type === TYPE_ARP) return fromArp(frame, at);
  return type === TYPE_IPV6 ? fromNeighbour(frame, at) : null;
}

/** A bridge that speaks for others, as over Wi-Fi, has another address in the packet than in the frame. */
function fromArp({ bytes, recordEnd, sourceHigh, sourceLow }: FrameCursor, at: number): string | null {
  if (!isEthernetArp(bytes, at, recordEnd)) return null;
  const sender = at + ARP_SENDER_MAC;
  const isOwn = read16(bytes, sender) === sourceHigh && (read32(bytes, sender + 2) | 0) === sourceLow;
  return isOwn && read32(bytes, at + ARP_SENDER_IP) !== 0 ? ipv4Text(bytes, at + ARP_SENDER_IP) : null;
}

function fromNeighbour({ bytes, recordEnd }: FrameCursor, at: number): string | null {
  if (at + IPV6_HEADER > recordEnd || bytes[at + IPV6_NEXT_HEADER] !== PROTOCOL_ICMPV6) return null;
  if (bytes[at + IPV6_HOP_LIMIT] !== FROM_THIS_LINK || !upper.read(bytes, at, recordEnd)) return null;
  if (!mayBeNeighbour(bytes, upper)) return null;
  const target = claimedTarget(bytes, at + IPV6_SOURCE, upper);
  const place = target < 0 ? at + IPV6_SOURCE : target;
  return isUnspecified(bytes, place) ? null : ipv6Text(bytes, place);
}
