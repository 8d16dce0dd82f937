/** The addresses that the DHCP servers of a process have given, in the control API. */
import { z } from "zod";
import { NAME_PATTERN } from "../session/messages.js";
import { call } from "./call.js";

export const LeaseView = z.object({
  network: z.string(),
  address: z.string(),
  mac: z.string(),
  /** Name of the port behind which the client was. */
  port: z.string(),
  /** What the client calls itself; empty if it does not say. */
  hostName: z.string(),
  /** "free": it was given once, and its client would get it again. "conflict": somebody else uses it. */
  state: z.enum(["offered", "leased", "conflict", "free"]),
  expires: z.iso.datetime(),
});
export type LeaseView = z.output<typeof LeaseView>;

export const LEASE_CALLS = {
  leases: call(
    "GET",
    "/v1/leases",
    z.strictObject({ network: z.string().regex(NAME_PATTERN).optional() }),
    z.array(LeaseView),
  ),
} as const;
