/** The address that a frame speaks for, as text for people: for events, not for each frame. */
import { ARP_SENDER_IP, isEthernetArp, TYPE_ARP, TYPE_RARP } from "./arp.js";
import { IPV6_SOURCE, Ipv6Upper, isIpv4Header, networkStart } from "./ip-source.js";
import { claimedTarget } from "./ip-source-neighbour.js";
import { IPV4_SOURCE, read16, TYPE_IPV4, TYPE_IPV6 } from "./segment-fields.js";

/**
 * The IPv4 or IPv6 source, the sender's address in ARP, or the target that a neighbour discovery message speaks for,
 * of the frame in bytes[frame, end); null where there is none.
 */
export function claimedAddress(bytes: Uint8Array, frame: number, end: number): string | null {
  const at = networkStart(bytes, frame, end);
  if (at < 0) return null;
  const type = read16(bytes, at - 2);
  if (type === TYPE_IPV4) return isIpv4Header(bytes, at, end) ? ipv4Text(bytes, at + IPV4_SOURCE) : null;
  if (type === TYPE_IPV6) return ipv6Claim(bytes, at, end);
  const arp = (type === TYPE_ARP || type === TYPE_RARP) && isEthernetArp(bytes, at, end);
  return arp ? ipv4Text(bytes, at + ARP_SENDER_IP) : null;
}

function ipv6Claim(bytes: Uint8Array, at: number, end: number): string | null {
  const upper = new Ipv6Upper();
  if (!upper.read(bytes, at, end)) return null;
  const target = claimedTarget(bytes, at + IPV6_SOURCE, upper);
  return ipv6Text(bytes, target < 0 ? at + IPV6_SOURCE : target);
}

/** Four octets with dots. */
export function ipv4Text(bytes: Uint8Array, at: number): string {
  return bytes.subarray(at, at + 4).join(".");
}

/** As RFC 5952 has it, which is how a URL writes it. */
export function ipv6Text(bytes: Uint8Array, at: number): string {
  const groups = Array.from({ length: 8 }, (_, group) => read16(bytes, at + 2 * group).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
