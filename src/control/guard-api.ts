/** What the guards of a process know, in the control API: leases of its DHCP servers, whose each address is, rules. */
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

export const BindingView = z.object({
  network: z.string(),
  address: z.string(),
  /** 0: untagged. */
  vlan: z.number().int().nonnegative(),
  mac: z.string(),
  port: z.string(),
  /** DHCP gave it, or it was used first there. */
  origin: z.enum(["dhcp", "first"]),
  expires: z.iso.datetime(),
});
export type BindingView = z.output<typeof BindingView>;

export const RuleView = z.object({
  network: z.string(),
  port: z.string(),
  /** As it was written. */
  rule: z.string(),
  /** Frames that it has decided about. */
  hits: z.number().int().nonnegative(),
});
export type RuleView = z.output<typeof RuleView>;

const inNetwork = z.strictObject({ network: z.string().regex(NAME_PATTERN).optional() });

export const GUARD_CALLS = {
  leases: call("GET", "/v1/leases", inNetwork, z.array(LeaseView)),
  bindings: call("GET", "/v1/bindings", inNetwork, z.array(BindingView)),
  rules: call("GET", "/v1/rules", inNetwork, z.array(RuleView)),
} as const;
