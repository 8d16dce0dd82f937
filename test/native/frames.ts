/** Frames of a host that exists only in a test, as it would send them to the kernel behind a TAP. */
import { RECORD_HEADER, RecordKind, readHeader, VNET_HEADER, writeHeader } from "../../src/frame/record.js";

/** Our host, and the kernel's end of the TAP. */
export const OURS = { mac: "020000000002", ip: "0a090002" } as const;
export const KERNEL = { mac: "020000000001", ip: "0a090001" } as const;

/** An ARP request of ours for the kernel's address [RFC 826]. */
export function arpRequest(): Buffer {
  return Buffer.from(
    `ffffffffffff${OURS.mac}0806` + `0001080006040001${OURS.mac}${OURS.ip}000000000000${KERNEL.ip}`,
    "hex",
  );
}

/** An ICMP echo request of ours with `size` bytes of IP packet [RFC 792]. */
export function echoRequest(size: number): Buffer {
  const packet = Buffer.alloc(size, 0x5a);
  packet.write("4500", "hex");
  packet.writeUInt16BE(size, 2);
  packet.write(`00014000400100000a0900020a090001`, 4, "hex");
  packet.write("0800000000070001", 20, "hex");
  packet.writeUInt16BE(checksum(packet.subarray(0, 20)), 10);
  packet.writeUInt16BE(checksum(packet.subarray(20)), 22);
  return Buffer.concat([Buffer.from(`${KERNEL.mac}${OURS.mac}0800`, "hex"), packet]);
}

/** The frame as a record of kind 0. */
export function record(frame: Buffer, kind: number = RecordKind.frame): Buffer {
  const bytes = Buffer.alloc(RECORD_HEADER + frame.length);
  writeHeader(bytes, 0, kind, frame.length);
  frame.copy(bytes, RECORD_HEADER);
  return bytes;
}

/** The frames of the whole records in bytes[start, end), each with its kind. */
export function frames(bytes: Buffer, start: number, end: number): { kind: number; frame: Buffer }[] {
  const found = [];
  for (let at = start; at < end; ) {
    const header = readHeader(bytes, at);
    const kind = header >>> 24;
    const next = at + RECORD_HEADER + (header & 0xff_ffff);
    const from = at + RECORD_HEADER + (kind === RecordKind.offload ? VNET_HEADER : 0);
    found.push({ kind, frame: Buffer.from(bytes.subarray(from, next)) });
    at = next;
  }
  return found;
}

/** Internet checksum [RFC 1071]. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i + 1 < bytes.length; i += 2) sum += bytes.readUInt16BE(i);
  if (bytes.length % 2 === 1) sum += bytes[bytes.length - 1]! << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}
