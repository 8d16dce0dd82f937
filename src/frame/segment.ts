/**
 * Does in software what a kind-1 record left to a network card: completes its checksum, and divides a large segment
 * into the frames of a wire. The frames are those that Linux would have sent [net/ipv4/tcp_offload.c,
 * net/ipv4/udp_offload.c].
 *
 * The checksum field of such a record holds the folded sum of the pseudo-header for the undivided length. That sum is
 * taken over, with the length exchanged, and not worked out anew: behind a routing header only the sender knows
 * the address that belongs in it [RFC 8200 8.1].
 *
 * The payload is copied once, to where it ends in the target, and moved forward segment by segment: `copyWithin`
 * needs no view, where a `copy` per segment allocates one (66 ns against 90 to 140).
 */
import { fold, internetChecksum } from "./checksum.js";
import { MAX_FRAME, RECORD_HEADER, RecordKind, VNET_HEADER, writeHeader } from "./record.js";
import {
  IPV4_CHECKSUM,
  IPV4_ID,
  IPV4_TOTAL_LENGTH,
  IPV6_HEADER,
  IPV6_PAYLOAD_LENGTH,
  read16,
  read32,
  TCP_CWR,
  TCP_FIN,
  TCP_FLAGS,
  TCP_PSH,
  TCP_SEQUENCE,
  UDP_CHECKSUM,
  UDP_LENGTH,
  write16,
  write32,
} from "./segment-fields.js";
import { GsoType, MAX_SEGMENT_HEADER, MAX_SEGMENTS, type SegmentView } from "./vnet-header.js";

/** Most room that any one record can need when finished, bytes. */
export const MAX_FINISHED = MAX_SEGMENTS * (RECORD_HEADER + MAX_SEGMENT_HEADER) + MAX_FRAME;

/** Bytes of the records that `finish` writes for this segment. */
export function finishedBytes(view: SegmentView): number {
  return view.segments * (RECORD_HEADER + view.headerLength) + view.payloadLength;
}

/**
 * Writes the finished kind-0 records of the kind-1 record at `recordStart`, which `readSegment` read into `view`, to
 * `target` at `offset`, where `finishedBytes(view)` of room must be. Returns the offset behind them. `target` must not
 * share memory with `bytes`.
 */
export function finish(
  bytes: Buffer,
  recordStart: number,
  view: SegmentView,
  target: Buffer,
  offset: number,
): number {
  const end = offset + finishedBytes(view);
  const length = view.headerLength + view.payloadLength;
  const frame = recordStart + RECORD_HEADER + VNET_HEADER;
  bytes.copy(target, end - length, frame, frame + length);
  if (view.segments === 1) finishFrame(target, offset, end, view);
  else divide(target, offset, end, view);
  return end;
}

/** Divides the segment that stands at the end of target[offset, end) into records that fill that range. */
function divide(target: Buffer, offset: number, end: number, view: SegmentView): void {
  const { headerLength, gsoSize } = view;
  let payload = end - view.payloadLength;
  let header = payload - headerLength;
  const pseudo = lengthlessSum(target, header, view);
  const closing = takeClosingFlags(target, header, view);
  for (let record = offset; payload < end; payload += gsoSize) {
    const frame = record + RECORD_HEADER;
    const size = Math.min(gsoSize, end - payload);
    const frameEnd = frame + headerLength + size;
    target.copyWithin(frame, header, header + headerLength);
    target.copyWithin(frame + headerLength, payload, payload + size);
    if (record > offset) advance(target, frame, view);
    if (closing !== 0 && payload + size === end) target[frame + view.csumStart + TCP_FLAGS]! |= closing;
    writeLengths(target, frame, frameEnd, view);
    write16(
      target,
      frame + view.csumStart + view.csumOffset,
      fold(pseudo + frameEnd - frame - view.csumStart),
    );
    finishFrame(target, record, frameEnd, view);
    header = frame;
    record = frameEnd;
  }
}

/** Writes the header of the record target[record, end), whose frame is complete but for a checksum. */
function finishFrame(target: Buffer, record: number, end: number, view: SegmentView): void {
  writeHeader(target, record, RecordKind.frame, end - record - RECORD_HEADER);
  if (!view.needsCsum) return;
  const start = record + RECORD_HEADER + view.csumStart;
  let checksum = internetChecksum(target, start, end);
  // For UDP a zero says that there is no checksum [RFC 768]. Only UDP, and DCCP, have their field at 6.
  if (checksum === 0 && view.csumOffset === UDP_CHECKSUM) checksum = 0xffff;
  write16(target, start + view.csumOffset, checksum);
}

/** The sum of the pseudo-header in the checksum field, less the length in it: minus is plus the complement. */
function lengthlessSum(target: Buffer, header: number, view: SegmentView): number {
  const length = view.headerLength + view.payloadLength - view.csumStart;
  return read16(target, header + view.csumStart + view.csumOffset) + (~length & 0xffff);
}

/** Takes FIN and PSH out of a TCP header and returns them: they belong to the last segment alone. */
function takeClosingFlags(target: Buffer, header: number, view: SegmentView): number {
  if (view.gsoType === GsoType.udp) return 0;
  const at = header + view.csumStart + TCP_FLAGS;
  const closing = target[at]! & (TCP_FIN | TCP_PSH);
  target[at]! &= ~closing;
  return closing;
}

/** Makes the headers of one frame those of the next; CWR belongs to the first alone [RFC 3168 6.1.2]. */
function advance(target: Buffer, frame: number, view: SegmentView): void {
  if (view.ipVersion === 4) {
    const id = frame + view.ipOffset + IPV4_ID;
    write16(target, id, read16(target, id) + 1);
  }
  if (view.gsoType === GsoType.udp) return;
  const tcp = frame + view.csumStart;
  write32(target, tcp + TCP_SEQUENCE, read32(target, tcp + TCP_SEQUENCE) + view.gsoSize);
  target[tcp + TCP_FLAGS]! &= ~TCP_CWR;
}

/** Writes the lengths in the IP and UDP headers of the frame target[frame, end), and the IPv4 header checksum. */
function writeLengths(target: Buffer, frame: number, end: number, view: SegmentView): void {
  const ip = frame + view.ipOffset;
  const transport = frame + view.csumStart;
  if (view.ipVersion === 4) {
    write16(target, ip + IPV4_TOTAL_LENGTH, end - ip);
    write16(target, ip + IPV4_CHECKSUM, 0);
    write16(target, ip + IPV4_CHECKSUM, internetChecksum(target, ip, transport));
  } else {
    write16(target, ip + IPV6_PAYLOAD_LENGTH, end - ip - IPV6_HEADER);
  }
  if (view.gsoType === GsoType.udp) write16(target, transport + UDP_LENGTH, end - transport);
}
