/** `tapswitch test` in the control API: asked of a join, answered in lines as the test goes on. */
import { z } from "zod";
import { MIN_PROBE } from "../frame/probe.js";
import { MAX_FRAME } from "../frame/record.js";
import type { Stream } from "./call.js";

/** Seconds of each phase. */
const MAX_SECONDS = 60;
/** The longest that any port takes. */
const LONGEST = MAX_FRAME - 4_096;

const ProbeQuery = z.strictObject({
  /** Name of a member, or MAC or IP address of its device. */
  target: z.string().regex(/^[\w.:-]{1,63}$/, "a name, a MAC or an IP address"),
  /** How long to send, each way. */
  seconds: z.coerce.number().min(0.1).max(MAX_SECONDS).default(5),
  /** Bytes of each frame; without it the longest that both ends take. */
  size: z.coerce.number().int().min(MIN_PROBE).max(LONGEST).optional(),
});
export type ProbeQuery = z.output<typeof ProbeQuery>;

const count = z.number().int().nonnegative();
const ms = z.number().nonnegative();

const Latency = z.object({
  sent: count,
  received: count,
  /** Milliseconds there and back; null where nothing came back. */
  minMs: ms.nullable(),
  p50Ms: ms.nullable(),
  p99Ms: ms.nullable(),
  maxMs: ms.nullable(),
  /** Mean difference of one to the next. */
  jitterMs: ms.nullable(),
});
export type Latency = z.output<typeof Latency>;

const Throughput = z.object({
  /** Of what arrived. */
  bitsPerSecond: z.number().nonnegative(),
  bytes: count,
  seconds: z.number().nonnegative(),
  framesSent: count,
  framesArrived: count,
});
export type Throughput = z.output<typeof Throughput>;

export const PROBE_PHASES = ["latency", "up", "down"] as const;

export const ProbeResult = z.object({
  type: z.literal("result"),
  /** What the far end calls itself, and the address of its device. */
  name: z.string(),
  mac: z.string(),
  frameBytes: count,
  latency: Latency,
  /** From here to there. */
  up: Throughput,
  down: Throughput,
});
export type ProbeResult = z.output<typeof ProbeResult>;

export const ProbeLine = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("progress"),
    phase: z.enum(PROBE_PHASES),
    /** 0 to 1. */
    done: z.number(),
    /** Since the last line of this phase. */
    bitsPerSecond: z.number().nullable(),
  }),
  ProbeResult,
  z.object({ type: z.literal("failed"), code: z.string(), message: z.string() }),
]);
export type ProbeLine = z.output<typeof ProbeLine>;

/** Lines of `ProbeLine`, of which the last is the result or a failure. Leaving ends the test. */
export const PROBE: Stream<typeof ProbeQuery> = {
  path: "/v1/test",
  input: ProbeQuery,
  type: "application/x-ndjson",
};
