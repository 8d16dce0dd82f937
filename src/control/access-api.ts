/** Members and invites in the control API. */
import { z } from "zod";
import { Grant } from "../session/grant.js";
import { NAME_PATTERN } from "../session/messages.js";
import { call } from "./call.js";

const network = z.string().regex(NAME_PATTERN);
const nothing = z.strictObject({});

export const InviteRequest = z.strictObject({
  grant: Grant,
  expiresMs: z
    .number()
    .int()
    .min(1)
    .max(10 * 365 * 86_400_000),
  uses: z.number().int().min(1).max(10_000),
  /** host:port that goes into the URL instead of the server's own idea. */
  advertise: z.string().max(300).optional(),
});
export type InviteRequest = z.output<typeof InviteRequest>;

const InviteView = z.object({
  id: z.string(),
  state: z.enum(["open", "used", "expired"]),
  grant: Grant,
  uses: z.number(),
  usedBy: z.array(z.string()),
  createdAt: z.string(),
  expiresAt: z.string(),
});
export type InviteView = z.output<typeof InviteView>;

const MemberView = z.object({
  name: z.string(),
  id: z.string(),
  network,
  grant: Grant.optional(),
  enrolledAt: z.string().optional(),
  lastSeen: z.string().optional(),
  lastFrom: z.string().optional(),
  /** Addresses that it is connected from now. */
  connected: z.array(z.string()),
});
export type MemberView = z.output<typeof MemberView>;

const Revoked = z.object({ members: z.array(MemberView), sessionsEnded: z.number() });
export type Revoked = z.output<typeof Revoked>;

export const ACCESS_CALLS = {
  identity: call("GET", "/v1/identity", nothing, z.object({ fingerprint: z.string() })),
  invite: call("POST", "/v1/invites", InviteRequest, z.object({ url: z.string(), invite: InviteView })),
  invites: call("GET", "/v1/invites", nothing, z.array(InviteView)),
  cancel: call("POST", "/v1/invites/cancel", z.strictObject({ id: z.string() }), InviteView),
  members: call("GET", "/v1/members", nothing, z.array(MemberView)),
  revoke: call(
    "POST",
    "/v1/members/revoke",
    z.strictObject({ who: z.string().max(300), network: network.optional() }),
    Revoked,
  ),
} as const;
