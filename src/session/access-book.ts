/**
 * Members and invites of a server. Every change is first saved as a whole and only then takes effect, so that a
 * change that could not be saved has not happened, and a code is spent in the same instant as its member is made.
 * Nothing here waits, so of two clients with one code the second finds it spent.
 */
import { TapswitchError } from "../errors.js";
import {
  type Access,
  type InviteRecord,
  MAX_INVITES,
  MAX_MEMBERS,
  MAX_REVOKED,
  type Member,
} from "./access.js";
import { FINGERPRINT_PATTERN } from "./fingerprint.js";
import type { Grant } from "./grant.js";
import { codeId, createCode, matchesHash } from "./invite-code.js";

/** Spent and expired invites are kept this long, so that who shows one learns what is wrong with it. */
const KEPT_MS = 30 * 86_400_000;

/** Name of who has given none. */
export const NAMELESS = "member";

export interface InviteTerms {
  readonly grant: Grant;
  readonly expiresMs: number;
  readonly uses: number;
}

export interface AccessBookOptions {
  /** Keeps a new state, or throws. */
  save(access: Access): void;
  /** Milliseconds since 1970. */
  now(): number;
}

export class AccessBook {
  readonly #options: AccessBookOptions;
  #access: Access;
  #unsaved = false;

  constructor(access: Access, options: AccessBookOptions) {
    this.#access = access;
    this.#options = options;
  }

  get members(): readonly Member[] {
    return this.#access.members;
  }

  get invites(): readonly InviteRecord[] {
    return this.#access.invites;
  }

  member(id: string, network: string): Member | undefined {
    return this.#access.members.find((one) => one.id === id && one.grant.network === network);
  }

  /** The networks that the identity may join. */
  networksOf(id: string): string[] {
    return this.#access.members.filter((one) => one.id === id).map((one) => one.grant.network);
  }

  isRevoked(id: string, network: string): boolean {
    return this.#access.revoked.some((one) => one.id === id && one.network === network);
  }

  /** Makes an invite and answers with its code, which is kept nowhere. Throws `full`. */
  invite({ grant, expiresMs, uses }: InviteTerms): { code: string; invite: InviteRecord } {
    const now = this.#options.now();
    const { code, id, hash } = createCode();
    const times = { createdAt: iso(now), expiresAt: iso(now + expiresMs) };
    const invite: InviteRecord = { id, hash, grant, ...times, uses, usedBy: [] };
    const invites = this.#access.invites.filter((one) => Date.parse(one.expiresAt) + KEPT_MS > now);
    if (invites.length >= MAX_INVITES)
      throw new TapswitchError("full", `there are ${MAX_INVITES} invites already: cancel some`);
    this.#change({ invites: [...invites, invite] });
    return { code, invite };
  }

  /** The network that a code admits to. Throws `bad-invite`. */
  networkOf(code: string): string {
    return this.#find(code).grant.network;
  }

  /**
   * Spends a code on the identity, which is a member from then on; once more with the same code it just stays one.
   * Throws `bad-invite`, `invite-expired`, `invite-used`, `revoked`, `full`.
   */
  enrol(id: string, code: string, wantedName: string): Member {
    const invite = this.#find(code);
    const { network } = invite.grant;
    if (invite.usedBy.includes(id)) return this.member(id, network) ?? fail("revoked", REVOKED);
    if (invite.usedBy.length >= invite.uses)
      fail("invite-used", "this invite has been used already: ask for a new one");
    if (Date.parse(invite.expiresAt) <= this.#options.now())
      fail("invite-expired", `this invite expired at ${invite.expiresAt}: ask for a new one`);
    const others = this.#access.members.filter((one) => one.id !== id || one.grant.network !== network);
    if (others.length >= MAX_MEMBERS) fail("full", `the server has ${MAX_MEMBERS} members and takes no more`);
    // Who goes by another's fingerprint would be revoked in its place.
    const claimed = FINGERPRINT_PATTERN.test(wantedName) ? NAMELESS : wantedName;
    const name = freeName(invite.grant.name ?? claimed, others);
    const member: Member = { id, name, grant: invite.grant, enrolledAt: iso(this.#options.now()) };
    const spent = { ...invite, usedBy: [...invite.usedBy, id] };
    this.#change({
      members: [...others, member],
      invites: this.#access.invites.map((one) => (one === invite ? spent : one)),
      revoked: this.#access.revoked.filter((one) => one.id !== id || one.network !== network),
    });
    return member;
  }

  /** Whoever has that name, id or fingerprint. */
  find(who: string, network?: string): Member[] {
    return this.#access.members.filter(
      (one) =>
        [one.name, one.id, one.id.slice(one.id.indexOf(":") + 1)].includes(who) &&
        (network === undefined || one.grant.network === network),
    );
  }

  /** Ends the memberships that `find` finds. Throws `not-found`. */
  revoke(who: string, network?: string): Member[] {
    const gone = this.find(who, network);
    if (gone.length === 0)
      throw new TapswitchError("not-found", `there is no member '${who}': 'tapswitch members' lists them`);
    const added = gone.map((one) => ({ id: one.id, network: one.grant.network }));
    this.#change({
      members: this.#access.members.filter((one) => !gone.includes(one)),
      revoked: bounded([...this.#access.revoked, ...added]),
    });
    return gone;
  }

  /** Refuses a certified identity from now on, which has no record of its own. Throws `full`. */
  bar(id: string, network: string): void {
    if (this.isRevoked(id, network)) return;
    this.#change({ revoked: bounded([...this.#access.revoked, { id, network }]) });
  }

  /** Takes an invite back. Throws `not-found`. */
  cancel(inviteId: string): InviteRecord {
    const invite = this.#access.invites.find((one) => one.id === inviteId);
    if (invite === undefined)
      throw new TapswitchError(
        "not-found",
        `there is no invite '${inviteId}': 'tapswitch invites' lists them`,
      );
    this.#change({ invites: this.#access.invites.filter((one) => one !== invite) });
    return invite;
  }

  /** Notes that a member joined; saved by the next change or `flush`. */
  seen(id: string, network: string, from: string): void {
    const lastSeen = iso(this.#options.now());
    const members = this.#access.members.map((one) =>
      one.id === id && one.grant.network === network ? { ...one, lastSeen, lastFrom: from } : one,
    );
    this.#access = { ...this.#access, members };
    this.#unsaved = true;
  }

  /** Saves what only `seen` has changed. */
  flush(): void {
    if (this.#unsaved) this.#change({});
  }

  #find(code: string): InviteRecord {
    const id = codeId(code);
    const invite = this.#access.invites.find((one) => one.id === id);
    if (invite === undefined || !matchesHash(code, invite.hash))
      fail("bad-invite", "the server does not know this invite: copy the whole URL, or ask for a new one");
    return invite;
  }

  #change(changed: Partial<Access>): void {
    const next = { ...this.#access, ...changed };
    this.#options.save(next);
    this.#access = next;
    this.#unsaved = false;
  }
}

const REVOKED = "this client's membership was revoked: ask for a new invite";

function fail(
  code: "bad-invite" | "invite-used" | "invite-expired" | "revoked" | "full",
  why: string,
): never {
  throw new TapswitchError(code, why);
}

/** A key that is forgotten is no member all the same; a certified identity would be let in again. */
function bounded(revoked: Access["revoked"]): Access["revoked"] {
  if (revoked.length <= MAX_REVOKED) return revoked;
  const oldest = revoked.findIndex(({ id }) => id.startsWith("key:"));
  if (oldest < 0)
    fail("full", `${MAX_REVOKED} certified members are revoked already: use a revocation list (?crl=)`);
  return bounded(revoked.filter((_, index) => index !== oldest));
}

function freeName(wanted: string, members: readonly Member[]): string {
  const taken = new Set(members.map((one) => one.name));
  if (!taken.has(wanted)) return wanted;
  let number = 2;
  while (taken.has(`${wanted.slice(0, 57)}-${number}`)) number++;
  return `${wanted.slice(0, 57)}-${number}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
