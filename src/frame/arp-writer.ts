/** ARP for IPv4 on Ethernet as stations send it [RFC 826]: in an untagged frame, padded to Ethernet's least length. */
import {
  ARP_REPLY,
  ARP_REQUEST,
  ARP_SENDER_IP,
  ARP_SENDER_MAC,
  ARP_TARGET_IP,
  ARP_TARGET_MAC,
  TYPE_ARP,
} from "./arp.js";
import { ETHERNET_HEADER, ETHERTYPE } from "./ethernet.js";
import { type Mac, macBytes } from "./mac.js";
import { write16, write32 } from "./segment-fields.js";

/** Shortest frame without its FCS [IEEE 802.3 3.2.8]. */
const MIN_ETHERNET = 60;
const BROADCAST: Mac = { high: 0xffff, low: -1 };

export interface ArpEnd {
  readonly mac: Mac;
  /** As an unsigned number. */
  readonly ip: number;
}

/** "Does anyone have this address?" from one who has none, so that nobody takes notice of the asker [RFC 5227 2.1.1]. */
export function arpProbe(mac: Mac, target: number): Uint8Array {
  return arp(ARP_REQUEST, { mac, ip: 0 }, { mac: { high: 0, low: 0 }, ip: target }, BROADCAST);
}

/** "`from` is here", to the one who has asked. */
export function arpReply(from: ArpEnd, to: ArpEnd): Uint8Array {
  return arp(ARP_REPLY, from, to, to.mac);
}

function arp(operation: number, from: ArpEnd, to: ArpEnd, destination: Mac): Uint8Array {
  const frame = new Uint8Array(MIN_ETHERNET);
  frame.set(macBytes(destination), 0);
  frame.set(macBytes(from.mac), 6);
  write16(frame, ETHERTYPE, TYPE_ARP);
  frame.set([0, 1, 8, 0, 6, 4, 0, operation], ETHERNET_HEADER);
  frame.set(macBytes(from.mac), ETHERNET_HEADER + ARP_SENDER_MAC);
  write32(frame, ETHERNET_HEADER + ARP_SENDER_IP, from.ip);
  frame.set(macBytes(to.mac), ETHERNET_HEADER + ARP_TARGET_MAC);
  write32(frame, ETHERNET_HEADER + ARP_TARGET_IP, to.ip);
  return frame;
}
