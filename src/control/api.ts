/**
 * What can be asked of a running process over its control socket, written down once for both ends. `/v1` changes
 * only by additions. Who may ask is decided by the permissions of the socket's path.
 */
import { z } from "zod";
import { Grant } from "../session/grant.js";
import { NAME_PATTERN } from "../session/messages.js";

/** One question: how it is asked over HTTP, what goes in as JSON and what comes out. */
export interface Call<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly input: Input;
  readonly output: Output;
}

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

export const API = {
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
export type Api = typeof API;
export type CallName = keyof Api;

/** The questions as functions: the server has them, and the client looks the same. */
export type Handlers = {
  readonly [Name in CallName]: (
    input: z.output<Api[Name]["input"]>,
  ) => z.output<Api[Name]["output"]> | Promise<z.output<Api[Name]["output"]>>;
};

/** What a failed question is answered with. */
export const Failure = z.object({ code: z.string(), message: z.string() });

function call<Input extends z.ZodType, Output extends z.ZodType>(
  method: Call["method"],
  path: string,
  input: Input,
  output: Output,
): Call<Input, Output> {
  return { method, path, input, output };
}
