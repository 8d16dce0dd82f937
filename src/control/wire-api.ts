/** Attached wires in the control API: which there are, and adding and taking away while the process runs. */
import { z } from "zod";
import { NAME_PATTERN } from "../session/messages.js";
import { call } from "./call.js";

const count = z.number().int().nonnegative();

export const WireView = z.object({
  /** Without options. */
  url: z.string(),
  kind: z.string(),
  network: z.string(),
  /** Number and name of its port, which stays while it is tried again. */
  port: count,
  portName: z.string(),
  state: z.enum(["connecting", "up", "waiting"]),
  /** Since when. */
  since: z.iso.datetime(),
  /** Links after the first. */
  reconnects: count,
  /** Tries that failed. */
  failures: count,
  /** Why it was lost or could not be opened, last time. */
  lastError: z.string().nullable(),
  /** Who asked for it; what was added by `control` ends with the process. */
  source: z.enum(["config", "control"]),
});
export type WireView = z.output<typeof WireView>;

const nothing = z.strictObject({});
const DetachRequest = z.strictObject({
  /** URL, or name or number of its port. */
  wire: z.string().min(1).max(4_096),
  network: z.string().regex(NAME_PATTERN).optional(),
});

export const WIRE_CALLS = {
  wires: call("GET", "/v1/wires", nothing, z.array(WireView)),
  /** Answers after the first try; one that could not be opened yet is tried again. */
  attach: call("POST", "/v1/wires", z.strictObject({ url: z.string().min(1).max(4_096) }), WireView),
  /** Ends the wire, with its port. One of the configuration comes back with the next reload or start. */
  detach: call("DELETE", "/v1/wires", DetachRequest, WireView),
} as const;
