/**
 * A switch and the sessions on it: which port a session gets, who replaces whom, and what its user should be
 * warned about.
 */
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../clock.js";
import type { ServeConfig } from "../../config/serve-config.js";
import type { Connection } from "../../control/access-desk.js";
import { TapswitchError } from "../../errors.js";
import { formatMac } from "../../frame/mac.js";
import { ALL_OFFLOADS, offloadNames } from "../../frame/offload.js";
import { type Admitted, type Grant, openGrant } from "../../session/grant.js";
import { type Hello, MAX_NAME, PROTOCOL_VERSION, type Welcome } from "../../session/messages.js";
import type { Session } from "../../session/session.js";
import type { Port } from "../../switch/port.js";
import { Switch } from "../../switch/switch.js";
import type { Log } from "../log.js";
import { LogLimiter } from "../log-limiter.js";
import { portRules } from "./port-rules.js";
import { Roster } from "./roster.js";

/** What a session is told at its end. */
export interface Farewell {
  readonly code: string;
  readonly message: string;
}

export interface NetworkOptions {
  readonly config: ServeConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** A session's port has gone. */
  readonly left: (session: Session, error?: Error) => void;
}

export class Network {
  readonly name: string;
  readonly switch: Switch;
  readonly #options: NetworkOptions;
  readonly #log: Log;
  readonly #roster = new Roster();

  constructor(name: string, options: NetworkOptions) {
    const { config, clock, log } = options;
    this.name = name;
    this.#options = options;
    this.#log = log.child({ network: name });
    // Who sends from many addresses of others moves them all.
    const limiter = new LogLimiter(clock);
    this.switch = new Switch({
      name,
      clock,
      ageMs: config.age * 1_000,
      forwardReserved: config.forwardReserved,
      events: {
        moved: (mac, vlan, from, to) =>
          limiter.note("moved", (leftOut) =>
            this.#log.info(
              { mac: formatMac(mac), vlan, from: from.name, to: to.name, leftOut },
              "address moved",
            ),
          ),
        flapping: (mac, vlan, held, other) =>
          limiter.note("flapping", (leftOut) =>
            this.#log.warn(
              { mac: formatMac(mac), vlan, held: held.name, other: other.name, leftOut },
              "address flaps between two ports (a loop, or two hosts with one MAC): held for 10 s",
            ),
          ),
        refused: (port, reason, { source, address, frames }) =>
          this.#log.warn(
            { port: port.name, peer: port.link?.peer, reason, mac: formatMac(source), address, frames },
            "frames refused",
          ),
      },
    });
  }

  /**
   * Gives a native session a port, or the one that an earlier session of the same process had. `id` is what the peer
   * has proven to be, or null. Throws `already-connected`.
   */
  attach(session: Session, hello: Hello, admitted: Admitted, id: string | null): Welcome {
    const warnings = this.#warnings(hello);
    const port = this.#replace(session, hello, admitted, id) ?? this.#newMember(session, admitted, id);
    this.#roster.add(session, { port, instance: hello.instance, mac: hello.mac, id, ...admitted });
    for (const warning of warnings) this.#log.warn({ port: port.name, peer: session.peer }, warning);
    return {
      type: "welcome",
      version: PROTOCOL_VERSION,
      network: this.name,
      port: port.id,
      name: port.name,
      mtu: this.#options.config.mtu,
      keepaliveMs: this.#options.config.keepalive,
      // What a port cannot take, the switch finishes, so it can receive all of it.
      capabilities: { offload: offloadNames(ALL_OFFLOADS) },
      warnings,
    };
  }

  /** Gives a raw session a port: that of its grant, or one named after its peer. Throws `already-connected`. */
  attachRaw(session: Session, admitted: Admitted | null, id: string | null): void {
    if (admitted === null) return void this.#newPort(session, openGrant(this.name), `raw-${session.kind}`);
    const port = this.#newMember(session, admitted, id);
    this.#roster.add(session, { port, instance: "", mac: undefined, id, ...admitted });
  }

  /** The sessions that have proven who they are. */
  connections(): Connection[] {
    const found: Connection[] = [];
    for (const [session, { id, name }] of this.#roster.entries())
      if (id !== null) found.push({ id, name, network: this.name, from: session.peer });
    return found;
  }

  /** Ends the sessions of an identity, saying why. Answers how many. */
  expel(id: string, { code, message }: Farewell): number {
    const sessions = this.#roster.of(id);
    for (const session of sessions) {
      const { port } = this.#roster.get(session)!;
      session.bye(code, message);
      // Its frames end here and now, however long the good-bye takes.
      this.switch.detach(port);
      this.#left(session, port, new TapswitchError("bye", message));
    }
    return sessions.length;
  }

  #newMember(session: Session, { grant, name }: Admitted, id: string | null): Port {
    this.#roster.checkRoom(id, grant.sessions, session.peer);
    return this.#newPort(session, grant, name);
  }

  #newPort(session: Session, grant: Grant, wanted: string): Port {
    const port = this.switch.attach(null, {
      name: this.#freeName(wanted),
      macLimit: grant.macLimit ?? this.#options.config.macLimit,
      ...portRules(grant),
    });
    this.#connect(port, session);
    this.#log.info({ port: port.id, name: port.name, peer: session.peer, native: session.native }, "port up");
    return port;
  }

  #connect(port: Port, session: Session): void {
    this.switch.connect(port, session, (_, error) => {
      this.switch.detach(port);
      this.#left(session, port, error);
    });
  }

  /**
   * A session of the same process as an earlier one ends that at once, since it may hang, and takes over its port:
   * unless it is granted something else by now, for a port has its rules for life.
   */
  #replace(session: Session, { instance }: Hello, admitted: Admitted, id: string | null): Port | undefined {
    const found = this.#roster.earlier(id, instance);
    if (found === undefined) return undefined;
    const [earlier, member] = found;
    const keepsPort = member.name === admitted.name && isDeepStrictEqual(member.grant, admitted.grant);
    if (keepsPort) this.#connect(member.port, session);
    else this.switch.detach(member.port);
    earlier.close(new TapswitchError("bye", "replaced by a new session of the same process"));
    this.#roster.delete(earlier);
    this.#options.left(earlier);
    this.#log.info({ port: member.port.id, name: member.port.name, peer: session.peer }, "session replaced");
    return keepsPort ? member.port : undefined;
  }

  #left(session: Session, port: Port, error?: Error): void {
    this.#roster.delete(session);
    const why = error?.message ?? "the peer closed the connection";
    this.#log.info({ port: port.id, name: port.name, peer: session.peer, why }, "port down");
    this.#options.left(session, error);
  }

  #warnings(hello: Hello): string[] {
    const warnings: string[] = [];
    const holder = hello.mac === undefined ? undefined : this.#roster.holder(hello.mac, hello.instance);
    if (holder !== undefined) {
      const fix = "two hosts with one address lose each other's frames: give one of them --mac";
      warnings.push(`the MAC ${hello.mac} is already that of port '${holder.name}': ${fix}`);
    }
    const { mtu } = this.#options.config;
    if (hello.mtu !== undefined && hello.mtu !== mtu) {
      warnings.push(
        `the device's MTU is ${hello.mtu}, the network's ${mtu}: frames above the smaller one are lost; leave --mtu away or set it on both sides`,
      );
    }
    return warnings;
  }

  #freeName(wanted: string): string {
    const taken = new Set(this.switch.ports.map((port) => port.name));
    let name = wanted;
    for (let number = 2; taken.has(name); number++) {
      const suffix = `-${number}`;
      name = wanted.slice(0, MAX_NAME - suffix.length) + suffix;
    }
    return name;
  }
}
