/** Members and invites as people handle them: what the commands and the control socket do. */
import { isIP } from "node:net";
import { formatInviteUrl } from "../config/invite-url.js";
import { TapswitchError } from "../errors.js";
import type { InviteRecord, Member } from "../session/access.js";
import type { AccessBook } from "../session/access-book.js";
import type { Identity } from "../session/identity.js";
import type { InviteRequest, InviteView, MemberView, Revoked } from "./access-api.js";
import type { AccessCall, Questions } from "./api.js";

/** A session that has proven who it is. */
export interface Connection {
  readonly id: string;
  readonly name: string;
  readonly network: string;
  readonly from: string;
}

export interface DeskOptions {
  readonly book: AccessBook;
  readonly identity: Identity;
  /** Networks that an invite may name; null: any. */
  networks(): readonly string[] | null;
  /** Where clients reach the server, "host:port". */
  address(): string;
  connections(): readonly Connection[];
  /** Ends the sessions of an identity in a network, and answers how many. */
  expel(id: string, network: string): number;
  now(): number;
}

/** The handlers of the access questions. */
export function accessDesk(options: DeskOptions): Questions<AccessCall> {
  const { book, identity } = options;
  return {
    identity: () => ({ fingerprint: identity.fingerprint }),
    invite: (request) => makeInvite(options, request),
    invites: () => book.invites.map((invite) => viewInvite(invite, options.now())),
    cancel: ({ id }) => viewInvite(book.cancel(id), options.now()),
    members: () => listMembers(options),
    revoke: ({ who, network }) => revoke(options, who, network),
  };
}

function makeInvite(options: DeskOptions, request: InviteRequest): { url: string; invite: InviteView } {
  const { grant, expiresMs, uses, advertise } = request;
  const networks = options.networks();
  if (networks !== null && !networks.includes(grant.network))
    throw new TapswitchError(
      "unknown-network",
      `there is no network '${grant.network}': declare it with serve --network`,
    );
  const address = parseAddress(advertise ?? options.address());
  const { code, invite } = options.book.invite({ grant, expiresMs, uses });
  const url = formatInviteUrl({
    ...address,
    network: grant.network,
    pin: options.identity.fingerprint,
    code,
  });
  return { url, invite: viewInvite(invite, options.now()) };
}

/** Reads "host:port", "[v6]:port" or a host alone. */
function parseAddress(text: string): { host: string; port: number } {
  const [, bracketed, plain, port = "9621"] =
    /^(?:\[([0-9a-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  const valid = host !== undefined && (bracketed === undefined || isIP(bracketed) === 6);
  if (valid && Number(port) >= 1 && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new TapswitchError("usage", `--advertise '${text}': write host:port or [address]:port`);
}

function revoke(options: DeskOptions, who: string, network?: string): Revoked {
  const { book } = options;
  const connections = options.connections();
  const certified = certifiedOf(options, who, network);
  for (const one of certified) book.bar(one.id, one.network);
  const certifiedOnly = certified.length > 0 && book.find(who, network).length === 0;
  const gone = certifiedOnly ? [] : book.revoke(who, network);
  const members = [
    ...certified.map((one) => viewConnection(one, connections)),
    ...gone.map((member) => viewMember(member, connections)),
  ];
  const ended = members.map((member) => options.expel(member.id, member.network));
  return { members, sessionsEnded: ended.reduce((sum, count) => sum + count, 0) };
}

/** Those that a CA vouches for have no record; by their full name they are found without being connected, too. */
function certifiedOf(options: DeskOptions, who: string, network?: string): Connection[] {
  const found = new Map<string, Connection>();
  const name = who.slice(who.lastIndexOf("/") + 1);
  const networks = network === undefined ? (options.networks() ?? []) : [network];
  if (/^ca:[^/]*\/[^/]+$/.test(who))
    for (const one of networks) found.set(`${who} ${one}`, { id: who, name, network: one, from: "" });
  for (const one of options.connections())
    if (one.id.startsWith("ca:") && [one.id, one.name].includes(who) && networks.includes(one.network))
      found.set(`${one.id} ${one.network}`, one);
  return [...found.values()];
}

function listMembers({ book, connections }: DeskOptions): MemberView[] {
  const connected = connections();
  const certified = new Map(connected.filter((one) => one.id.startsWith("ca:")).map((one) => [one.id, one]));
  return [
    ...book.members.map((member) => viewMember(member, connected)),
    ...[...certified.values()].map((one) => viewConnection(one, connected)),
  ];
}

function viewMember(member: Member, connections: readonly Connection[]): MemberView {
  const { grant, ...rest } = member;
  return {
    ...rest,
    network: grant.network,
    grant,
    connected: addresses(connections, member.id, grant.network),
  };
}

function viewConnection({ id, name, network }: Connection, connections: readonly Connection[]): MemberView {
  return { id, name, network, connected: addresses(connections, id, network) };
}

function addresses(connections: readonly Connection[], id: string, network: string): string[] {
  return connections.filter((one) => one.id === id && one.network === network).map((one) => one.from);
}

/** Never with the hash: nothing of a code leaves the file. */
function viewInvite({ hash: _, ...invite }: InviteRecord, now: number): InviteView {
  const used = invite.usedBy.length >= invite.uses;
  return { ...invite, state: used ? "used" : Date.parse(invite.expiresAt) <= now ? "expired" : "open" };
}
