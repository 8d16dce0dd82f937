/**
 * Frames for the offload tests, made and judged by slow code of its own: nothing here is shared with `src/frame`
 * but the record header, so that a mistake there cannot hide itself.
 */
import assert from "node:assert/strict";
import fc from "fast-check";

export const FIN = 0x01;
export const SYN = 0x02;
export const PSH = 0x08;
export const ACK = 0x10;
export const CWR = 0x80;

/** What one frame is made of. */
export interface FrameSpec {
  /** Tag protocol identifiers of its VLAN tags, outer first. */
  tags: number[];
  version: 4 | 6;
  protocol: "tcp" | "udp";
  /** Bytes of IPv4 options and of TCP options, multiples of 4; lengths of IPv6 extension headers by their type. */
  ipOptions: number;
  tcpOptions: number;
  extensions: { type: number; length: number }[];
  flags: number;
  sequence: number;
  id: number;
  /** Any byte: other fields derive from it, so that two specs differ in them. */
  salt: number;
  payload: Buffer;
}

/** A plain TCP/IPv4 spec with no payload, to be changed by `fields`. */
export function tcpSpec(fields: Partial<FrameSpec> = {}): FrameSpec {
  return {
    tags: [],
    version: 4,
    protocol: "tcp",
    ipOptions: 0,
    tcpOptions: 12,
    extensions: [],
    flags: ACK,
    sequence: 1000,
    id: 7,
    salt: 1,
    payload: Buffer.alloc(0),
    ...fields,
  };
}

/** `length` bytes that look random and are the same for the same `salt`. */
export function noise(length: number, salt: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = (salt * 2654435761 + 12345) >>> 0;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** RFC 1071 word by word, folding at each step: what every checksum is held against. */
export function slowSum(...parts: Uint8Array[]): number {
  const bytes = Buffer.concat(parts);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += bytes[at]! * 256 + (bytes[at + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

/** Where the parts of a built frame lie. */
export interface Layout {
  ip: number;
  transport: number;
  payload: number;
  checksum: number;
}

export function layoutOf(spec: FrameSpec): Layout {
  const ip = 14 + 4 * spec.tags.length;
  const extensions = spec.extensions.reduce((sum, extension) => sum + extension.length, 0);
  const transport = ip + (spec.version === 4 ? 20 + spec.ipOptions : 40 + extensions);
  const tcp = spec.protocol === "tcp";
  return {
    ip,
    transport,
    payload: transport + (tcp ? 20 + spec.tcpOptions : 8),
    checksum: transport + (tcp ? 16 : 6),
  };
}

/** The frame of a spec, complete, with the checksums a sender without offload would have computed. */
export function buildFrame(spec: FrameSpec): Buffer {
  const frame = buildUnfinished(spec);
  const { transport, checksum } = layoutOf(spec);
  const sum = slowSum(frame.subarray(transport));
  frame.writeUInt16BE(sum === 0xffff && spec.protocol === "udp" ? 0xffff : 0xffff - sum, checksum);
  return frame;
}

/** As `buildFrame`, but with the folded sum of the pseudo-header in the checksum field. */
export function buildUnfinished(spec: FrameSpec): Buffer {
  const layout = layoutOf(spec);
  const frame = Buffer.concat([noise(layout.payload, spec.salt), spec.payload]);
  frame[0]! &= 0xfe;
  spec.tags.forEach((tag, index) => void frame.writeUInt16BE(tag, 12 + 4 * index));
  frame.writeUInt16BE(spec.version === 4 ? 0x0800 : 0x86dd, layout.ip - 2);
  if (spec.version === 4) writeIpv4(frame, spec, layout);
  else writeIpv6(frame, spec, layout);
  if (spec.protocol === "tcp") writeTcp(frame, spec, layout.transport);
  else frame.writeUInt16BE(frame.length - layout.transport, layout.transport + 4);
  frame.writeUInt16BE(slowPseudoSum(frame, layout, spec), layout.checksum);
  return frame;
}

function writeIpv4(frame: Buffer, spec: FrameSpec, { ip, transport }: Layout): void {
  frame[ip] = 0x40 | ((transport - ip) / 4);
  frame.writeUInt16BE(frame.length - ip, ip + 2);
  frame.writeUInt16BE(spec.id, ip + 4);
  frame.writeUInt16BE(0x4000, ip + 6);
  frame[ip + 9] = spec.protocol === "tcp" ? 6 : 17;
  frame.writeUInt16BE(0, ip + 10);
  frame.writeUInt16BE(0xffff - slowSum(frame.subarray(ip, transport)), ip + 10);
}

function writeIpv6(frame: Buffer, spec: FrameSpec, { ip }: Layout): void {
  frame[ip] = 0x60 | (frame[ip]! & 0x0f);
  frame.writeUInt16BE(frame.length - ip - 40, ip + 4);
  let next = ip + 6;
  let at = ip + 40;
  for (const { type, length } of spec.extensions) {
    frame[next] = type;
    frame[at + 1] = length / 8 - 1;
    next = at;
    at += length;
  }
  frame[next] = spec.protocol === "tcp" ? 6 : 17;
}

function writeTcp(frame: Buffer, spec: FrameSpec, at: number): void {
  frame.writeUInt32BE(spec.sequence, at + 4);
  frame[at + 12] = (20 + spec.tcpOptions) * 4;
  frame[at + 13] = spec.flags;
}

function slowPseudoSum(frame: Buffer, { ip, transport }: Layout, spec: FrameSpec): number {
  const addresses = spec.version === 4 ? frame.subarray(ip + 12, ip + 20) : frame.subarray(ip + 8, ip + 40);
  const rest = Buffer.alloc(8);
  rest.writeUInt32BE(frame.length - transport, 0);
  rest[7] = spec.protocol === "tcp" ? 6 : 17;
  return slowSum(addresses, rest);
}

/** A record of `kind` with `payload`. */
export function record(kind: number, ...payload: Uint8Array[]): Buffer {
  const body = Buffer.concat(payload);
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.length);
  header[0] = kind;
  return Buffer.concat([header, body]);
}

/** The ten bytes of a virtio-net header: flags, gso_type, hdr_len, gso_size, csum_start, csum_offset. */
export function vnetHeader(...fields: [number, number, number, number, number, number]): Buffer {
  const header = Buffer.from([fields[0], fields[1], 0, 0, 0, 0, 0, 0, 0, 0]);
  for (let index = 2; index < 6; index++) header.writeUInt16LE(fields[index]!, 2 * index - 2);
  return header;
}

/** The gso_type that a spec's frame has. */
export function gsoTypeOf(spec: FrameSpec): number {
  if (spec.protocol === "udp") return 5;
  return (spec.version === 4 ? 1 : 4) | (spec.flags & CWR ? 0x80 : 0);
}

/** The kind-1 record of a spec whose payload is to be divided into segments of `gsoSize`. */
export function largeRecord(spec: FrameSpec, gsoSize: number): Buffer {
  const { transport, payload, checksum } = layoutOf(spec);
  const header = vnetHeader(1, gsoTypeOf(spec), payload, gsoSize, transport, checksum - transport);
  return record(1, header, buildUnfinished(spec));
}

/** Records of one flow, one for each payload size; `change` may alter the spec of each. */
export function flow(
  sizes: number[],
  fields: Partial<FrameSpec> = {},
  change?: (spec: FrameSpec, index: number) => void,
): Buffer[] {
  let sequence = fields.sequence ?? 1000;
  return sizes.map((size, index) => {
    const spec = tcpSpec({
      ...fields,
      sequence,
      id: ((fields.id ?? 7) + index) % 65_536,
      payload: noise(size, index),
    });
    sequence = (sequence + size) % 2 ** 32;
    change?.(spec, index);
    return record(0, buildFrame(spec));
  });
}

/** The payloads of the records in `bytes`, which must be whole, with their kinds. */
export function recordsOf(bytes: Buffer): { kind: number; payload: Buffer }[] {
  const records: { kind: number; payload: Buffer }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + (bytes.readUInt32BE(at) & 0xff_ffff);
    assert.ok(end <= bytes.length, "a record is cut short");
    records.push({ kind: bytes[at]!, payload: bytes.subarray(at + 4, end) });
    at = end;
  }
  return records;
}

/** The frames of the kind-0 records in `bytes`. */
export function framesOf(bytes: Buffer): Buffer[] {
  return recordsOf(bytes).map(({ kind, payload }) => {
    assert.equal(kind, 0);
    return payload;
  });
}

/**
 * Puts the frames that `spec`'s segment became together again, and fails unless each is a right frame in itself.
 * The answer is the frame of the segment, as `buildUnfinished` makes it.
 */
export function reassemble(frames: Buffer[], spec: FrameSpec, gsoSize: number): Buffer {
  const layout = layoutOf(spec);
  const payloads = frames.map((frame, index) => {
    const last = index === frames.length - 1;
    const payload = frame.subarray(layout.payload);
    if (!last) assert.equal(payload.length, gsoSize);
    assert.deepEqual(frame, buildFrame(segmentSpec(spec, index, { last, gsoSize, payload })));
    return payload;
  });
  return buildUnfinished({ ...spec, payload: Buffer.concat(payloads) });
}

/** What the frame number `index` of a segment should be, by the rules. */
function segmentSpec(
  spec: FrameSpec,
  index: number,
  { last, gsoSize, payload }: { last: boolean; gsoSize: number; payload: Buffer },
): FrameSpec {
  let flags = spec.flags;
  if (!last) flags &= ~(FIN | PSH);
  if (index > 0) flags &= ~CWR;
  const sequence = (spec.sequence + index * gsoSize) % 2 ** 32;
  return { ...spec, flags, sequence, id: (spec.id + index) % 65536, payload };
}

/** Generates specs of every shape the offloads allow, and a gso_size that makes at most 256 segments. */
export function segments(): fc.Arbitrary<{ spec: FrameSpec; gsoSize: number }> {
  const words = fc.integer({ min: 0, max: 10 }).map((count) => count * 4);
  const extension = fc.record({
    type: fc.constantFrom(0, 43, 60),
    length: fc.integer({ min: 1, max: 8 }).map((count) => count * 8),
  });
  const shape = fc.record({
    tags: fc.array(fc.constantFrom(0x8100, 0x88a8), { maxLength: 2 }),
    version: fc.constantFrom<4 | 6>(4, 6),
    protocol: fc.constantFrom<"tcp" | "udp">("tcp", "udp"),
    ipOptions: fc.oneof(fc.constant(0), words),
    tcpOptions: words,
    extensions: fc.array(extension, { maxLength: 3 }),
    flags: fc.integer({ min: 0, max: 255 }),
    sequence: fc.oneof(fc.integer({ min: 0, max: 0xffff_ffff }), fc.constant(0xffff_fff0)),
    id: fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constant(0xfffe)),
    salt: fc.integer({ min: 0, max: 0xffff }),
  });
  const size = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 1500 }) },
    fc.integer({ min: 1, max: 9000 }),
  );
  const count = fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: 600 }) },
    fc.integer({ min: 0, max: 25_600 }),
  );
  return fc.tuple(shape, size, count).map(([spec, gsoSize, hundredths]) => {
    const length = Math.min(Math.floor((gsoSize * hundredths) / 100), 64_000);
    return { spec: { ...spec, payload: noise(length, spec.salt) }, gsoSize };
  });
}
