/** What a server knows about who may join: the records that it keeps in one file, so that they change together. */
import { z } from "zod";
import { Grant } from "./grant.js";
import { NAME_PATTERN } from "./messages.js";

/** Bounds of the file; beyond them nobody is enrolled and no invite is made. */
export const MAX_MEMBERS = 10_000;
export const MAX_INVITES = 10_000;
/** Revocations are remembered so that the refused client learns why; the oldest go first. */
export const MAX_REVOKED = 10_000;

const instant = z.iso.datetime();
const memberId = z.string().min(5).max(200);

export const Member = z.strictObject({
  /** "key:<fingerprint>". */
  id: memberId,
  name: z.string().regex(NAME_PATTERN),
  grant: Grant,
  enrolledAt: instant,
  /** When and from which address it last joined. */
  lastSeen: instant.optional(),
  lastFrom: z.string().max(100).optional(),
});
export type Member = z.output<typeof Member>;

export const InviteRecord = z.strictObject({
  /** The public half of the code. */
  id: z.string().regex(/^[A-Za-z0-9_-]{8}$/),
  /** SHA-256 of the secret half, hex. 128 random bits need no salt. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  grant: Grant,
  createdAt: instant,
  expiresAt: instant,
  /** Keys that it may admit, and ids of those that it has. */
  uses: z.number().int().min(1).max(10_000),
  usedBy: z.array(memberId).max(10_000),
});
export type InviteRecord = z.output<typeof InviteRecord>;

const Revocation = z.strictObject({ id: memberId, network: z.string().regex(NAME_PATTERN) });

export const Access = z.strictObject({
  version: z.literal(1),
  members: z.array(Member).max(MAX_MEMBERS),
  invites: z.array(InviteRecord).max(MAX_INVITES),
  revoked: z.array(Revocation).max(MAX_REVOKED),
});
export type Access = z.output<typeof Access>;

export const NO_ACCESS: Access = { version: 1, members: [], invites: [], revoked: [] };
