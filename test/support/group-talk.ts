/** IGMP and MLD as hosts and routers send it, in frames: built here by the RFCs' figures, with the checksums of a plain loop. */
import { type Address, ethernet } from "./frames.js";

export interface Talk {
  readonly from: Address;
  readonly vlan?: number;
  /** IP address of who speaks. */
  readonly source?: string;
}

/** A record of a version 3 report: its type, group and sources. */
export type GroupRecord = readonly [type: number, group: string, ...sources: string[]];

export const TO_IN = 3;
export const TO_EX = 4;

export function igmpReport(talk: Talk, group: string, version: 1 | 2 = 2): Buffer {
  return igmp(talk, group, Buffer.concat([Buffer.from([version === 1 ? 0x12 : 0x16, 0, 0, 0]), ipv4(group)]));
}

export function igmpLeave(talk: Talk, group: string): Buffer {
  return igmp(talk, "224.0.0.2", Buffer.concat([Buffer.from([0x17, 0, 0, 0]), ipv4(group)]));
}

export function igmpRecords(talk: Talk, ...records: GroupRecord[]): Buffer {
  const body = records.map(([type, group, ...sources]) =>
    Buffer.concat([Buffer.from([type, 0, 0, sources.length]), ...[group, ...sources].map(ipv4)]),
  );
  return igmp(
    talk,
    "224.0.0.22",
    Buffer.concat([Buffer.from([0x22, 0, 0, 0, 0, 0, 0, records.length]), ...body]),
  );
}

/** A query of version 2, or of version 1 where `code` is 0; of version 3 with `more`. */
export function igmpQuery(talk: Talk, group = "0.0.0.0", code = 100, more: readonly number[] = []): Buffer {
  const to = group === "0.0.0.0" ? "224.0.0.1" : group;
  return igmp(talk, to, Buffer.concat([Buffer.from([0x11, code, 0, 0]), ipv4(group), Buffer.from(more)]));
}

export function mldReport(talk: Talk, group: string): Buffer {
  return mld(talk, group, Buffer.concat([Buffer.from([131, 0, 0, 0, 0, 0, 0, 0]), ipv6(group)]));
}

export function mldDone(talk: Talk, group: string): Buffer {
  return mld(talk, "ff02::2", Buffer.concat([Buffer.from([132, 0, 0, 0, 0, 0, 0, 0]), ipv6(group)]));
}

export function mldRecords(talk: Talk, ...records: GroupRecord[]): Buffer {
  const body = records.map(([type, group, ...sources]) =>
    Buffer.concat([Buffer.from([type, 0, 0, sources.length]), ...[group, ...sources].map(ipv6)]),
  );
  return mld(
    talk,
    "ff02::16",
    Buffer.concat([Buffer.from([143, 0, 0, 0, 0, 0, 0, records.length]), ...body]),
  );
}

export function mldQuery(talk: Talk, group = "::", more: readonly number[] = []): Buffer {
  const to = group === "::" ? "ff02::1" : group;
  return mld(
    talk,
    to,
    Buffer.concat([Buffer.from([130, 0, 0, 0, 0x27, 0x10, 0, 0]), ipv6(group), Buffer.from(more)]),
  );
}

/** A UDP datagram to a group. */
export function stream(talk: Talk, group: string, text: string): Buffer {
  const udp = Buffer.concat([
    Buffer.from([0x13, 0x89, 0x13, 0x89, 0, 8 + text.length, 0, 0]),
    Buffer.from(text),
  ]);
  return group.includes(":") ? overIpv6(talk, group, 17, udp, 64) : overIpv4(talk, group, 17, udp);
}

/** The MAC of a group [RFC 1112 6.4, RFC 2464 7]. */
export function groupMac(group: string): string {
  const octets = group.includes(":") ? ipv6(group).subarray(12) : ipv4(group);
  const low = group.includes(":") ? octets : Buffer.from([0x5e, octets[1]! & 0x7f, octets[2]!, octets[3]!]);
  const prefix = group.includes(":") ? "33:33:" : "01:00:";
  return prefix + low.toString("hex").match(/../g)!.join(":");
}

export function ipv4(text: string): Buffer {
  return Buffer.from(text.split(".").map(Number));
}

export function ipv6(text: string): Buffer {
  const [head, tail] = text.split("::").map((part) => (part === "" ? [] : part.split(":")));
  const groups =
    tail === undefined
      ? head!
      : [...head!, ...Array<string>(8 - head!.length - tail.length).fill("0"), ...tail];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}

function igmp(talk: Talk, to: string, message: Buffer): Buffer {
  message.writeUInt16BE(sum(message), 2);
  return overIpv4(talk, to, 2, message);
}

function mld(talk: Talk, to: string, message: Buffer): Buffer {
  const pseudo = Buffer.concat([
    ipv6(talk.source ?? "fe80::1"),
    ipv6(to),
    Buffer.from([0, 0, 0, message.length, 0, 0, 0, 58]),
  ]);
  message.writeUInt16BE(sum(Buffer.concat([pseudo, message])), 2);
  const alert = Buffer.from("3a00050200000100", "hex");
  return overIpv6(talk, to, 0, Buffer.concat([alert, message]), 1);
}

function overIpv4(
  { from, vlan, source = "10.0.0.9" }: Talk,
  to: string,
  protocol: number,
  payload: Buffer,
): Buffer {
  const header = Buffer.from("460000000000000001000000" + "0000000000000000" + "94040000", "hex");
  header.writeUInt16BE(header.length + payload.length, 2);
  header[9] = protocol;
  header.set(ipv4(source), 12);
  header.set(ipv4(to), 16);
  header.writeUInt16BE(sum(header), 10);
  return padded(ethernet(addressed(from, to, vlan), 0x0800, header, payload));
}

function overIpv6(talk: Talk, to: string, next: number, payload: Buffer, hops: number): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(payload.length, 4);
  header[6] = next;
  header[7] = hops;
  header.set(ipv6(talk.source ?? "fe80::1"), 8);
  header.set(ipv6(to), 24);
  return ethernet(addressed(talk.from, to, talk.vlan), 0x86dd, header, payload);
}

function addressed(from: Address, to: string, vlan: number | undefined) {
  return vlan === undefined ? { to: groupMac(to), from } : { to: groupMac(to), from, vlan };
}

function padded(short: Buffer): Buffer {
  return Buffer.concat([short, Buffer.alloc(Math.max(0, 60 - short.length))]);
}

function sum(bytes: Buffer): number {
  let total = 0;
  for (let at = 0; at < bytes.length; at += 2) total += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return ~total & 0xffff;
}
