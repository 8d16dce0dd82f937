/**
 * What a server says to one connection: which network it gets into, as whom, and with which grant. A carrier that
 * proves nothing (TCP, Unix sockets) leads into the networks of its listener without asking; TLS asks the book.
 */

import type { StreamEndpoint } from "../../config/endpoint/endpoint.js";
import type { PortOptions } from "../../config/port-options.js";
import { TapswitchError } from "../../errors.js";
import type { StreamLink } from "../../link/stream.js";
import type { Host } from "../../session/accept.js";
import type { AccessBook } from "../../session/access-book.js";
import { authorize, type Place, type Request } from "../../session/authorizer.js";
import { type Admitted, openGrant } from "../../session/grant.js";
import type { Hello, Welcome } from "../../session/messages.js";
import type { Session } from "../../session/session.js";
import type { Network } from "../network/network.js";
import type { Arrival } from "./arrival.js";

export interface ReceptionOptions {
  /** The network of those who name none. */
  readonly otherwise: string;
  readonly networks: ReadonlyMap<string, Network>;
  /** Null where no listener asks who its peers are. */
  readonly book: AccessBook | null;
  /** A session has its port. */
  attached(session: Session): void;
  heard(session: Session): void;
  endedEarly(link: StreamLink, error?: Error): void;
}

export class Reception implements Host {
  readonly #options: ReceptionOptions;
  readonly #place: Place;
  readonly #arrival: Arrival;
  readonly #portOptions: PortOptions;

  constructor(options: ReceptionOptions, endpoint: StreamEndpoint, arrival: Arrival) {
    this.#options = options;
    this.#place = { pinned: endpoint.network, otherwise: options.otherwise };
    this.#arrival = arrival;
    this.#portOptions = endpoint.portOptions;
  }

  async admit(hello: Hello, link: StreamLink): Promise<Admitted> {
    const admitted = this.#decide(hello) ?? this.#open(hello, link);
    this.#network(admitted.grant.network);
    return admitted;
  }

  attach(session: Session, hello: Hello, admitted: Admitted): Welcome {
    const entry = { admitted, id: this.#id, options: this.#portOptions };
    const welcome = this.#network(admitted.grant.network).attach(session, hello, entry);
    this.#attached(session, admitted);
    this.#options.heard(session);
    return welcome;
  }

  attachRaw(session: Session): void {
    const admitted = this.#decide({});
    const network = admitted?.grant.network ?? this.#place.pinned ?? this.#place.otherwise;
    this.#network(network).attachRaw(session, { admitted, id: this.#id, options: this.#portOptions });
    this.#attached(session, admitted);
  }

  heard(session: Session): void {
    this.#options.heard(session);
  }

  ended(link: StreamLink, error?: Error): void {
    this.#options.endedEarly(link, error);
  }

  get #id(): string | null {
    return this.#arrival.identity?.id ?? null;
  }

  #network(name: string): Network {
    const network = this.#options.networks.get(name);
    if (network !== undefined) return network;
    throw new TapswitchError(
      "unknown-network",
      `there is no network '${name}' here: ask whoever runs the server`,
    );
  }

  /** What the peer's identity admits it to; null where it was not asked for one. */
  #decide(asked: Request): Admitted | null {
    const { identity } = this.#arrival;
    return identity === null ? null : authorize(this.#options.book!, identity, asked, this.#place);
  }

  #open(hello: Hello, link: StreamLink): Admitted {
    const { pinned, otherwise } = this.#place;
    const network = hello.network ?? pinned ?? otherwise;
    if (pinned !== undefined && network !== pinned)
      throw new TapswitchError("unknown-network", `there is no network '${network}' at this address`);
    return { grant: openGrant(network), name: hello.name ?? `native-${link.kind}` };
  }

  #attached(session: Session, admitted: Admitted | null): void {
    this.#arrival.admitted();
    this.#options.attached(session);
    if (this.#id !== null) this.#options.book?.seen(this.#id, admitted!.grant.network, session.peer);
  }
}
