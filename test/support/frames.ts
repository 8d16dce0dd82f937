/**
 * Frames in the words of the domain. A frame that says nothing else carries a serial number, so that no two made in
 * one test are alike and a test can tell which one arrived.
 */
import type { Batch } from "../../src/link/link.js";
import { noise, record } from "./frames-offload.js";

/** An address as text, or whoever has one. */
export type Address = string | { readonly mac: string };

export interface Header {
  readonly to: Address;
  readonly from: Address;
  /** VLAN ID of an 802.1Q tag; without it the frame is untagged. */
  readonly vlan?: number;
  /** Priority in that tag, 0 to 7. */
  readonly priority?: number;
}

export const BROADCAST = "ff:ff:ff:ff:ff:ff";
/** All IPv4 hosts on this segment [RFC 1112]. */
export const MULTICAST = "01:00:5e:00:00:01";
/** An address that no host in a test has. */
export const STRANGER = "02:ff:ff:ff:ff:fe";

let serial = 0;

/** The address of the host with this number. */
export function macOf(number: number): string {
  return `02:00:${number.toString(16).padStart(8, "0").match(/../g)!.join(":")}`;
}

/** The reserved group address that ends in this digit [802.1Q table 8-1]. */
export function reserved(lastDigit: number): string {
  return `01:80:c2:00:00:0${lastDigit.toString(16)}`;
}

/** Any frame of `size` bytes. */
export function frame(header: Header, size = 60): Buffer {
  const head = ethernet(header, 0x88b5); // for experiments [IEEE 802, 9.2.3]
  const payload = noise(Math.max(0, size - head.length), ++serial);
  if (payload.length >= 4) payload.writeUInt32BE(serial);
  return Buffer.concat([head, payload]).subarray(0, size);
}

/** "Who has `target`?", to everyone. */
export function arpRequest(from: Address, target: string, vlan?: number): Buffer {
  const body = Buffer.from("0001080006040001", "hex");
  const [sender, wanted] = [Buffer.from([10, 0, 0, 1]), Buffer.from(target.split(".").map(Number))];
  const header = vlan === undefined ? { to: BROADCAST, from } : { to: BROADCAST, from, vlan };
  return padded(ethernet(header, 0x0806, body, octets(from), sender, Buffer.alloc(6), wanted));
}

/** A UDP datagram over IPv4 with this text, checksums left out. */
export function udp(header: Header, text: string): Buffer {
  const ip = Buffer.from("450000000000400040110000" + "0a000001" + "0a000002", "hex");
  const ports = Buffer.from("1389138900000000", "hex");
  ip.writeUInt16BE(ip.length + ports.length + text.length, 2);
  ports.writeUInt16BE(ports.length + text.length, 4);
  return padded(ethernet(header, 0x0800, ip, ports, Buffer.from(text)));
}

/** A configuration BPDU: an 802.3 frame with a length and LLC header [802.1D-2004, 9.3.1]. */
export function bpdu(from: Address): Buffer {
  const llc = Buffer.from("424203", "hex");
  const body = Buffer.concat([Buffer.from("0000000000", "hex"), noise(30, ++serial)]);
  return padded(ethernet({ to: reserved(0), from }, llc.length + body.length, llc, body));
}

/** A batch that holds these frames, each as a record of kind 0, in memory of its own. */
export function batchOf(...frames: Buffer[]): Batch {
  const bytes = Buffer.concat(frames.map((one) => record(0, one)));
  return { bytes, start: 0, end: bytes.length };
}

/** The Ethernet header, with an 802.1Q tag where a VLAN is named, and what follows it. */
export function ethernet(header: Header, type: number, ...payload: Uint8Array[]): Buffer {
  const tag = header.vlan === undefined ? [] : [0x8100, ((header.priority ?? 0) << 13) | header.vlan];
  const types = Buffer.from([...tag, type].flatMap((word) => [word >>> 8, word & 0xff]));
  return Buffer.concat([octets(header.to), octets(header.from), types, ...payload]);
}

/** The six octets of an address. */
export function octets(address: Address): Buffer {
  const text = typeof address === "string" ? address : address.mac;
  return Buffer.from(text.replaceAll(":", ""), "hex");
}

function padded(short: Buffer): Buffer {
  return Buffer.concat([short, Buffer.alloc(Math.max(0, 60 - short.length))]);
}
