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
  readonly networks: readonly string[] | null;
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
  if (options.networks !== null && !options.networks.includes(grant.network))
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
  const connections = options.connections();
  const certified = connections.filter((one) => one.id.startsWith("ca:") && [one.id, one.name].includes(who));
  if (certified.length > 0) return bar(options, certified);
  const gone = options.book.revoke(who, network);
  const members = gone.map((member) => viewMember(member, connections));
  const ended = gone.map((member) => options.expel(member.id, member.grant.network));
  return { members, sessionsEnded: ended.reduce((sum, count) => sum + count, 0) };
}

function bar(options: DeskOptions, certified: readonly Connection[]): Revoked {
  let sessionsEnded = 0;
  const members = certified.map((one) => viewConnection(one, certified));
  for (const { id, network } of certified) {
    options.book.bar(id, network);
    sessionsEnded += options.expel(id, network);
  }
  return { members, sessionsEnded };
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
