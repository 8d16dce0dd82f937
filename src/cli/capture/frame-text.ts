/** One frame in a few words, as tcpdump would say it. */
import { ARP_SENDER_IP, ARP_SENDER_MAC } from "../../frame/arp.js";
import { SOURCE, TAG_CONTROL, VLAN_ID_MASK, VLAN_TAG } from "../../frame/ethernet.js";
import { ETHERTYPES, PROTOCOLS } from "../../frame/filter-names.js";
import { Depth, FrameLayout, Network } from "../../frame/frame-layout.js";
import { FIRST_ETHERTYPE, IPV6_SOURCE } from "../../frame/ip-source.js";
import { ipv4Text, ipv6Text } from "../../frame/ip-source-text.js";
import { MIN_FRAME } from "../../frame/record.js";
import { IPV4_SOURCE, read16, TCP_FLAGS } from "../../frame/segment-fields.js";

const ARP_REPLY = 2;
const ARP_TARGET_IP = 24;
const ICMP: Readonly<Record<number, string>> = {
  0: "echo reply",
  3: "unreachable",
  8: "echo request",
  11: "time exceeded",
};
const ICMP6: Readonly<Record<number, string>> = {
  1: "unreachable",
  2: "packet too big",
  128: "echo request",
  129: "echo reply",
  133: "router solicitation",
  134: "router advertisement",
  135: "neighbour solicitation",
  136: "neighbour advertisement",
};
/** From the lowest bit; FIN, SYN, RST, PSH, ACK, URG, as tcpdump abbreviates them. */
const FLAGS = "FSRP.U";
const layout = new FrameLayout();

/** Addresses, tags and what is inside. */
export function frameText(frame: Buffer): string {
  if (frame.length < MIN_FRAME) return "too short";
  layout.read(frame, 0, frame.length, Depth.transport);
  const macs = `${macText(frame, SOURCE)} > ${macText(frame, 0)}`;
  return [macs, ...tagTexts(frame), networkText(frame)].join(", ");
}

function tagTexts(frame: Buffer): string[] {
  return Array.from(
    { length: layout.tags },
    (_, tag) => `vlan ${read16(frame, TAG_CONTROL + tag * VLAN_TAG) & VLAN_ID_MASK}`,
  );
}

function networkText(frame: Buffer): string {
  const { network, networkAt: at } = layout;
  switch (network) {
    case Network.ipv4:
      return ipText(ipv4Text(frame, at + IPV4_SOURCE), ipv4Text(frame, at + IPV4_SOURCE + 4), frame);
    case Network.ipv6:
      return ipText(ipv6Text(frame, at + IPV6_SOURCE), ipv6Text(frame, at + IPV6_SOURCE + 16), frame);
    case Network.arp:
    case Network.rarp:
      return arpText(frame, at);
    default:
      return typeText(layout.etherType);
  }
}

function arpText(frame: Buffer, at: number): string {
  const [sender, target] = [ipv4Text(frame, at + ARP_SENDER_IP), ipv4Text(frame, at + ARP_TARGET_IP)];
  return read16(frame, at + 6) === ARP_REPLY
    ? `arp ${sender} is-at ${macText(frame, at + ARP_SENDER_MAC)}`
    : `arp who-has ${target} tell ${sender}`;
}

function typeText(type: number): string {
  if (type < 0) return "cut short";
  if (type < FIRST_ETHERTYPE) return "802.3";
  return nameOf(ETHERTYPES, type) ?? `ethertype 0x${type.toString(16).padStart(4, "0")}`;
}

function ipText(source: string, destination: string, frame: Buffer): string {
  const ports = [layout.transport16(0), layout.transport16(2)];
  const { protocol } = layout;
  const name = nameOf(PROTOCOLS, protocol) ?? (protocol < 0 ? "cut short" : `protocol ${protocol}`);
  if (!["tcp", "udp", "sctp"].includes(name) || ports.includes(-1))
    return `${source} > ${destination} ${name}${detail(name, frame)}`;
  const bracket = (address: string): string => (address.includes(":") ? `[${address}]` : address);
  const [from, to] = [`${bracket(source)}:${ports[0]}`, `${bracket(destination)}:${ports[1]}`];
  return `${from} > ${to} ${name}${detail(name, frame)}`;
}

function detail(name: string, frame: Buffer): string {
  if (layout.transportAt < 0) return " fragment";
  const at = layout.transportAt;
  if (name === "tcp" && at + TCP_FLAGS < frame.length) {
    const flags = frame[at + TCP_FLAGS]!;
    return ` [${[...FLAGS].filter((_, bit) => (flags & (1 << bit)) !== 0).join("")}]`;
  }
  const names = name === "icmp" ? ICMP : name === "icmp6" ? ICMP6 : null;
  if (names === null || at >= frame.length) return "";
  return ` ${names[frame[at]!] ?? `type ${frame[at]}`}`;
}

function nameOf(names: ReadonlyMap<string, number>, wanted: number): string | undefined {
  for (const [name, number] of names) if (number === wanted) return name;
  return undefined;
}

function macText(frame: Buffer, at: number): string {
  return frame.toString("hex", at, at + 6).replace(/(..)(?!$)/g, "$1:");
}
