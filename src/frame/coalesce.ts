/**
 * The way back from `segment.ts`: neighbouring TCP segments of one flow become one large segment again, so that a
 * receiver with offloads (a TAP, a native peer) handles one frame where a raw peer sent forty. The rules are those
 * of Linux GRO [net/ipv4/tcp_offload.c], cut down to neighbours so that the order of all frames stays as it is.
 *
 * What is merged can be divided again into the very same frames, except for the IPv4 ID, which becomes a run of
 * consecutive numbers. Frames that may not be fragmented do not use their ID [RFC 6864 4.1], and only those merge.
 * A frame whose checksum is wrong is never merged: a fresh checksum would hide that it was damaged.
 *
 * The batch is copied once and merged in place there by `copyWithin`, which needs no view per frame.
 */
import { internetChecksum } from "./checksum.js";
import { CoalesceRun } from "./coalesce-run.js";
import { RECORD_HEADER, RecordKind, readHeader, VNET_HEADER, writeHeader } from "./record.js";
import {
  IPV4_CHECKSUM,
  IPV4_TOTAL_LENGTH,
  IPV6_PAYLOAD_LENGTH,
  TCP_CHECKSUM,
  TCP_FLAGS,
  write16,
} from "./segment-fields.js";
import { GsoType, SegmentView, writeVnetHeader } from "./vnet-header.js";

/** Merges TCP segments of a batch. Holds scratch only: one instance serves any number of batches and flows. */
export class Coalescer {
  readonly #run = new CoalesceRun();
  readonly #view = new SegmentView();

  /**
   * True if two neighbours in bytes[start, end) look like one flow, checksums unseen. Else the batch can go out as it
   * is, which saves `coalesce` and its copy.
   */
  worthwhile(bytes: Buffer, start: number, end: number): boolean {
    for (let at = start; at < end; ) {
      const next = recordEnd(bytes, at);
      if (next >= end) return false;
      if (this.#run.open(bytes, at, next) && this.#run.continuesAt(bytes, next, end)) return true;
      at = next;
    }
    return false;
  }

  /**
   * Writes the records of bytes[start, end) to `target` at `offset`, neighbours merged where they can be, and
   * returns the offset behind them. Never touches more than `end - start` bytes of `target`: a merged record has
   * ten bytes more, and at least one header of 58 bytes less. The two must not share memory.
   */
  coalesce(bytes: Buffer, start: number, end: number, target: Buffer, offset: number): number {
    bytes.copy(target, offset, start, end);
    return this.#compact(target, offset, offset + end - start);
  }

  /** Merges within bytes[start, end): what is written never overtakes what is still to be read. */
  #compact(bytes: Buffer, start: number, end: number): number {
    const run = this.#run;
    let written = start;
    let unmoved = start;
    for (let at = start; at < end; ) {
      let next = recordEnd(bytes, at);
      if (next < end && run.open(bytes, at, next) && this.#extend(bytes, next, end)) {
        next = at + run.length;
        written = move(bytes, written, unmoved, at);
        written = this.#merge(bytes, written, next);
        unmoved = next;
      }
      at = next;
    }
    return move(bytes, written, unmoved, end);
  }

  /** Adds the frames from `at` on that continue the run and are intact; false where there is none. */
  #extend(bytes: Buffer, at: number, end: number): boolean {
    const run = this.#run;
    if (!run.continuesAt(bytes, at, end) || !run.isIntact(bytes, run.start + RECORD_HEADER, at)) return false;
    do {
      const next = recordEnd(bytes, at);
      const frame = at + RECORD_HEADER;
      if (!run.isIntact(bytes, frame, next)) break;
      run.append(bytes, frame, next - frame);
      at = next;
    } while (run.continuesAt(bytes, at, end));
    return run.segments > 1;
  }

  /** Writes the run, which ends at `end`, as one record at `written`, at or before its start; returns its end. */
  #merge(bytes: Buffer, written: number, end: number): number {
    const { start, headerLength, segmentSize, payloadLength } = this.#run;
    const first = headerLength + segmentSize;
    let at = start + RECORD_HEADER;
    let to = written + RECORD_HEADER + VNET_HEADER;
    // This may reach ten bytes into the second record, whose header and addresses are done with.
    bytes.copyWithin(to, at, at + first);
    for (at += first, to += first; at < end; ) {
      const payload = at + RECORD_HEADER + headerLength;
      at = Math.min(payload + segmentSize, end);
      bytes.copyWithin(to, payload, at);
      to += at - payload;
    }
    writeHeader(bytes, written, RecordKind.offload, VNET_HEADER + headerLength + payloadLength);
    this.#writeHeaders(bytes, written + RECORD_HEADER, to);
    return to;
  }

  /** Writes the virtio-net header at `at`, and the lengths, flags and sums of the segment behind it. */
  #writeHeaders(bytes: Buffer, at: number, end: number): void {
    const run = this.#run;
    const view = this.#view;
    const ip = at + VNET_HEADER + run.ipOffset;
    const tcp = at + VNET_HEADER + run.tcpOffset;
    view.gsoType = run.ipVersion === 4 ? GsoType.tcp4 : GsoType.tcp6;
    view.gsoSize = run.segmentSize;
    view.needsCsum = true;
    view.csumStart = run.tcpOffset;
    view.csumOffset = TCP_CHECKSUM;
    view.headerLength = run.headerLength;
    writeVnetHeader(bytes, at, view);
    bytes[tcp + TCP_FLAGS] = run.flags;
    write16(bytes, tcp + TCP_CHECKSUM, run.pseudoHeaderSum(bytes, ip, end - tcp));
    if (run.ipVersion === 6) {
      write16(bytes, ip + IPV6_PAYLOAD_LENGTH, end - tcp);
      return;
    }
    write16(bytes, ip + IPV4_TOTAL_LENGTH, end - ip);
    write16(bytes, ip + IPV4_CHECKSUM, 0);
    write16(bytes, ip + IPV4_CHECKSUM, internetChecksum(bytes, ip, tcp));
  }
}

function recordEnd(bytes: Buffer, at: number): number {
  return at + RECORD_HEADER + (readHeader(bytes, at) & 0xff_ffff);
}

/** Moves bytes[start, end) to `to` and returns the offset behind them there. */
function move(bytes: Buffer, to: number, start: number, end: number): number {
  if (to !== start) bytes.copyWithin(to, start, end);
  return to + end - start;
}
