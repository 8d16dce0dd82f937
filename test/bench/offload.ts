/**
 * `bench -- offload`: what it costs to finish a large segment for a port without offload, and to make one again of
 * what such a port sends. The two are each other's inverse, so each is fed what the other made.
 */
import { internetChecksum } from "../../src/frame/checksum.js";
import { Coalescer } from "../../src/frame/coalesce.js";
import { finish, finishedBytes } from "../../src/frame/segment.js";
import { readSegment, SegmentView } from "../../src/frame/vnet-header.js";
import { largeRecord, noise, slowSum, tcpSpec } from "../support/frames-offload.js";
import type { BenchOptions } from "./options.js";
import { median, number, printTable } from "./report.js";

const PAYLOAD = 64_000;
const SEGMENT_BYTES = 1_448;

/** Prints microseconds a segment and Gbit/s of payload; the plain checksum is what the fast one replaces. */
export async function run({ rounds, quick }: BenchOptions): Promise<void> {
  const large = largeRecord(tcpSpec({ payload: noise(PAYLOAD, 1) }), SEGMENT_BYTES);
  const view = new SegmentView();
  const coalescer = new Coalescer();
  if (!readSegment(large, 0, large.length, view)) throw new Error("the segment is not well formed");
  const frames = Buffer.alloc(finishedBytes(view));
  const merged = Buffer.alloc(frames.length);
  finish(large, 0, view, frames, 0);
  const ways: readonly (readonly [string, () => number])[] = [
    ["finish one segment", () => finish(large, 0, view, frames, 0)],
    ["merge its frames again", () => coalescer.coalesce(frames, 0, frames.length, merged, 0)],
    ["checksum over it", () => internetChecksum(large, 0, large.length, 0)],
    ["checksum, plain version", () => slowSum(large)],
  ];
  const times = ways.map((): number[] => []);
  for (const [, work] of ways) repeat(work, 100);
  for (let round = 0; round < rounds; round++) {
    ways.forEach(([, work], index) => void times[index]!.push(repeat(work, quick ? 50 : 400)));
  }
  const rows = ways.map(([title], index) => {
    const us = median(times[index]!);
    return [title, number(us), number((PAYLOAD * 8) / us / 1e3)];
  });
  console.log(`${PAYLOAD} bytes of TCP payload in frames of ${SEGMENT_BYTES}`);
  printTable([["", "us", "Gbit/s"], ...rows]);
}

/** Microseconds each. */
function repeat(work: () => number, times: number): number {
  const start = performance.now();
  for (let count = 0; count < times; count++) if (work() < 0) throw new Error("nothing was done");
  return ((performance.now() - start) * 1e3) / times;
}
