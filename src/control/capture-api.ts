/** Captures in the control API. */
import { z } from "zod";
import { whole } from "../config/fields.js";
import { MAX_FILTER_LENGTH } from "../frame/filter-tokens.js";
import { MAX_FRAME, MIN_FRAME } from "../frame/record.js";
import { NAME_PATTERN } from "../session/messages.js";
import { call, type Stream } from "./call.js";

const port = z.string().min(1).max(63);
/** Chosen by the asker, who stops the capture by it. */
const id = z.string().regex(/^[\w-]{8,64}$/, "8 to 64 letters, digits, - and _");
/** More are all of them. */
const MAX_PORTS = 256;

const CaptureQuery = z.strictObject({
  id: id.optional(),
  /** Without one, all networks. */
  network: z.string().regex(NAME_PATTERN).optional(),
  /** Names or numbers; without any, all ports, also those that come later. */
  port: z
    .union([port, z.array(port).max(MAX_PORTS)])
    .default([])
    .transform((ports) => [ports].flat()),
  /** An expression as tcpdump has it. */
  filter: z.string().max(MAX_FILTER_LENGTH).optional(),
  /** Frames as they come in, as they go out, or both. Without it: both if ports are named, else "in", each frame once. */
  direction: z.enum(["in", "out", "both"]).optional(),
  /** Ends after so many packets; 0: never. */
  count: whole(0, 1e12).default(0),
  /** Most bytes of a packet that are kept. */
  snaplen: whole(MIN_FRAME, 262_144).default(MAX_FRAME),
  /** Also frames that are dropped, with the reason as their comment. */
  drops: z.stringbool().default(false),
  /** Large segments as the frames that they will become. */
  split: z.stringbool().default(false),
});
export type CaptureQuery = z.output<typeof CaptureQuery>;

/** A pcapng file: an interface for each port, and their statistics at its end. */
export const CAPTURE: Stream<typeof CaptureQuery> = {
  path: "/v1/capture",
  input: CaptureQuery,
  type: "application/x-pcapng",
};

export const CAPTURE_CALLS = {
  /** Ends a capture in good order: its reader gets what was captured, and the statistics. */
  stopCapture: call("DELETE", "/v1/capture", z.strictObject({ id }), z.object({ id })),
} as const;
