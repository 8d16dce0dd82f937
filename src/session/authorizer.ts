/** Decides what a peer that has proven its identity may do. The listener says who proves what; this says what follows. */
import { TapswitchError } from "../errors.js";
import { type AccessBook, NAMELESS } from "./access-book.js";
import type { Admitted } from "./grant.js";
import type { PeerIdentity } from "./peer-identity.js";

/** What the peer asks for, as far as it matters here. */
export interface Request {
  readonly network?: string | undefined;
  readonly name?: string | undefined;
  readonly code?: string | undefined;
}

export interface Place {
  /** The listener's own network, if it is bound to one. */
  readonly pinned: string | undefined;
  /** What a peer gets that names none and is a member of several or of none. */
  readonly otherwise: string;
}

/** Throws the refusal that the peer is to be told. */
export function authorize(book: AccessBook, peer: PeerIdentity, asked: Request, place: Place): Admitted {
  if (place.pinned !== undefined && asked.network !== undefined && asked.network !== place.pinned)
    throw new TapswitchError("unknown-network", `there is no network '${asked.network}' at this address`);
  const wanted = asked.network ?? place.pinned;
  if (peer.certified !== undefined) return byCertificate(book, peer, wanted);
  if (asked.code !== undefined) enrol(book, peer, asked.code, asked.name, wanted);
  const network = wanted ?? soleNetwork(book, peer, asked.code) ?? place.otherwise;
  return byMembership(book, peer, network, asked.network !== undefined);
}

function enrol(book: AccessBook, peer: PeerIdentity, code: string, name?: string, wanted?: string): void {
  const network = book.networkOf(code);
  if (wanted !== undefined && wanted !== network)
    throw new TapswitchError(
      "bad-invite",
      "this invite is for another network: copy the whole URL, or ask for a new one",
    );
  book.enrol(peer.id, code, name ?? NAMELESS);
}

function soleNetwork(book: AccessBook, peer: PeerIdentity, code?: string): string | undefined {
  if (code !== undefined) return book.networkOf(code);
  const networks = book.networksOf(peer.id);
  return networks.length === 1 ? networks[0] : undefined;
}

/** Only who `named` the network hears its name: a stranger learns none. */
function byMembership(book: AccessBook, { id }: PeerIdentity, network: string, named: boolean): Admitted {
  const member = book.member(id, network);
  if (member !== undefined) return { grant: member.grant, name: member.name };
  if (book.isRevoked(id, network))
    throw new TapswitchError(
      "revoked",
      `this client's membership of '${network}' was revoked: ask for a new invite if that was a mistake`,
    );
  throw new TapswitchError(
    "not-a-member",
    `this client (${id}) is no member${named ? ` of '${network}'` : ""} here: ask for an invite, and join with its tapswitch:// URL`,
  );
}

function byCertificate(book: AccessBook, { id, certified }: PeerIdentity, wanted?: string): Admitted {
  const { name, networks } = certified!;
  const network = wanted ?? networks[0]!;
  if (!networks.includes(network))
    throw new TapswitchError(
      "not-a-member",
      `the certificate of '${name}' does not name the network '${network}'`,
    );
  if (book.isRevoked(id, network))
    throw new TapswitchError("revoked", `the membership of '${name}' in '${network}' was revoked`);
  return { grant: { network, name, macs: [], ips: [], sessions: 1 }, name };
}
