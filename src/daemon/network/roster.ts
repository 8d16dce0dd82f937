/**
 * The live sessions of one network, and who may replace whom. A process that reconnects says the same random
 * `instance` and takes over its earlier port at once, if it is of the same identity too: without that, anyone could
 * throw out anyone whose instance leaked. Another process of one identity is let in only as far as its grant goes.
 */
import type { PortOptions } from "../../config/port-options.js";
import { TapswitchError } from "../../errors.js";
import type { Admitted } from "../../session/grant.js";
import type { Session } from "../../session/session.js";
import type { Port } from "../../switch/port.js";

/** A native session's port, and what is known of it. */
export interface Member extends Admitted {
  readonly port: Port;
  readonly instance: string;
  readonly mac: string | undefined;
  /** Settings that the way in had for the port. */
  readonly options: PortOptions;
  /** Who has proven to be here; null where the carrier proves nothing, and the instance alone identifies. */
  readonly id: string | null;
}

export class Roster {
  readonly #members = new Map<Session, Member>();

  add(session: Session, member: Member): void {
    this.#members.set(session, member);
  }

  delete(session: Session): void {
    this.#members.delete(session);
  }

  get(session: Session): Member | undefined {
    return this.#members.get(session);
  }

  entries(): Iterable<[Session, Member]> {
    return this.#members;
  }

  /** The earlier session of the same process, if there is one. */
  earlier(id: string | null, instance: string): [Session, Member] | undefined {
    for (const entry of this.#members) if (entry[1].instance === instance && entry[1].id === id) return entry;
    return undefined;
  }

  /** Throws `already-connected` where the identity has as many sessions as it may. */
  checkRoom(id: string | null, sessions: number, from: string): void {
    if (id === null) return;
    const others = this.of(id);
    if (others.length < sessions) return;
    const where = others.map((session) => session.peer).join(", ");
    throw new TapswitchError(
      "already-connected",
      `this identity is connected from ${where} already, and now asks from ${from}: end the other process, ` +
        "or invite this one with a state folder of its own (--state)",
    );
  }

  /** The sessions of an identity. */
  of(id: string): Session[] {
    return [...this.#members].filter(([, member]) => member.id === id).map(([session]) => session);
  }

  /** The port that has said to have the MAC, of another process than `instance`. */
  holder(mac: string, instance: string): Port | undefined {
    for (const member of this.#members.values()) {
      if (member.mac === mac && member.instance !== instance) return member.port;
    }
    return undefined;
  }
}
