/**
 * A switch and the sessions on it: which port a session gets, who replaces whom, and what its user should be
 * warned about.
 */
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../clock.js";
import type { PortOptions } from "../../config/port-options.js";
import { settledOptions } from "../../config/port-patterns.js";
import type { NetworkSettings } from "../../config/serve-config.js";
import type { Connection } from "../../control/access-desk.js";
import type { EventHub } from "../../control/event-hub.js";
import { TapswitchError } from "../../errors.js";
import { ALL_OFFLOADS, offloadNames } from "../../frame/offload.js";
import { type Admitted, type Grant, openGrant, tellGrant } from "../../session/grant.js";
import { type Hello, MAX_NAME, PROTOCOL_VERSION, type Welcome } from "../../session/messages.js";
import { Session } from "../../session/session.js";
import type { Port } from "../../switch/port.js";
import type { Switch, SwitchOptions } from "../../switch/switch.js";
import type { Log } from "../log.js";
import { completeGrant, type PortSurroundings, portRules } from "./port-rules.js";
import { Roster } from "./roster.js";
import { WatchedSwitch } from "./watched-switch.js";

/** As whom a session comes in, and to what. */
export interface Entry<Admission> {
  readonly admitted: Admission;
  /** What the peer has proven to be; null where the carrier proves nothing. */
  readonly id: string | null;
  /** Settings that the way in has for the port. */
  readonly options: PortOptions;
}

interface Given {
  readonly grant: Grant;
  /** Of the way in. */
  readonly options: PortOptions;
  settled: PortOptions;
}

/** What a session is told at its end. */
export interface Farewell {
  readonly code: string;
  readonly message: string;
}

export interface NetworkOptions {
  readonly settings: NetworkSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly hub: EventHub;
  /** A session's port has gone. */
  readonly left: (session: Session, error?: Error) => void;
}

export class Network {
  readonly name: string;
  readonly watched: WatchedSwitch;
  readonly switch: Switch;
  readonly #options: NetworkOptions;
  readonly #roster = new Roster();
  #settings: NetworkSettings;
  /** What each port was given, and what that has become with the settings of ports of its name. */
  readonly #given = new WeakMap<Port, Given>();

  constructor(name: string, options: NetworkOptions) {
    const { settings, clock, log, hub } = options;
    this.name = name;
    this.#options = options;
    this.#settings = settings;
    this.watched = new WatchedSwitch({
      name,
      clock,
      log: log.child({ network: name }),
      hub,
      ...switchRules(settings),
    });
    this.switch = this.watched.switch;
    this.watched.protections.configure(settings);
  }

  /** What clients are told, bytes. */
  get mtu(): number {
    return this.#settings.mtu;
  }

  /** Goes on by other settings. Who is connected stays so, and is told of another MTU. */
  configure(settings: NetworkSettings): void {
    const before = this.#settings;
    this.#settings = settings;
    this.switch.configure(switchRules(settings));
    this.watched.protections.configure(settings);
    for (const port of this.switch.ports) this.#settleAnew(port);
    if (settings.mtu === before.mtu) return;
    for (const [session] of this.#roster.entries()) session.tell({ mtu: settings.mtu });
  }

  /** Ends all that is connected, saying why. */
  close({ code, message }: Farewell): void {
    for (const port of [...this.switch.ports]) {
      const { link } = port;
      if (link instanceof Session) this.#expel(link, port, { code, message });
      else link?.close();
    }
  }

  /**
   * Gives a native session a port, or the one that an earlier session of the same process had. Throws
   * `already-connected`.
   */
  attach(session: Session, hello: Hello, entry: Entry<Admitted>): Welcome {
    const warnings = this.#warnings(hello);
    const port = this.#replace(session, hello, entry) ?? this.#newMember(session, entry);
    const { admitted, id, options } = entry;
    this.#roster.add(session, { port, instance: hello.instance, mac: hello.mac, id, options, ...admitted });
    const { log } = this.watched.events;
    for (const warning of warnings) log.warn({ port: port.name, peer: session.peer }, warning);
    return {
      type: "welcome",
      version: PROTOCOL_VERSION,
      network: this.name,
      port: port.id,
      name: port.name,
      mtu: this.#settings.mtu,
      keepaliveMs: this.#settings.keepalive,
      // What a port cannot take, the switch finishes, so it can receive all of it.
      capabilities: { offload: offloadNames(ALL_OFFLOADS) },
      grant: tellGrant(
        completeGrant(admitted.grant, this.#given.get(port)!.settled),
        this.#settings.macLimit,
      ),
      time: Date.now(),
      warnings,
    };
  }

  /** Gives a raw session a port: that of its grant, or one named after its peer. Throws `already-connected`. */
  attachRaw(session: Session, { admitted, id, options }: Entry<Admitted | null>): void {
    if (admitted === null) {
      const name = options.name ?? `raw-${session.kind}`;
      return void this.#newPort(session, { grant: openGrant(this.name), name }, options);
    }
    const port = this.#newMember(session, { admitted, id, options });
    this.#roster.add(session, { port, instance: "", mac: undefined, id, options, ...admitted });
  }

  /** A port for what is no session. Without a name among its options it is called `otherwise`. */
  addPort(otherwise: string, options: PortOptions): Port {
    return this.#addPort({ grant: openGrant(this.name), name: options.name ?? otherwise }, options);
  }

  /** The sessions that have proven who they are. */
  connections(): Connection[] {
    const found: Connection[] = [];
    for (const [session, { id, name }] of this.#roster.entries())
      if (id !== null) found.push({ id, name, network: this.name, from: session.peer });
    return found;
  }

  /** Ends the sessions of an identity, saying why. Answers how many. */
  expel(id: string, farewell: Farewell): number {
    const sessions = this.#roster.of(id);
    for (const session of sessions) this.#expel(session, this.#roster.get(session)!.port, farewell);
    return sessions.length;
  }

  /** Ends whatever is behind the port, saying why. A port of no session stays, and what is behind it may come back. */
  kick(port: Port, reason: string): void {
    const { link } = port;
    if (link instanceof Session) this.#expel(link, port, { code: "kicked", message: reason });
    else link?.close(new TapswitchError("bye", reason));
  }

  /** Who the port's peer has proven to be. */
  memberOf(port: Port): string | null {
    return port.link instanceof Session ? (this.#roster.get(port.link)?.id ?? null) : null;
  }

  #expel(session: Session, port: Port, { code, message }: Farewell): void {
    session.bye(code, message);
    // Its frames end here and now, however long the good-bye takes.
    this.switch.detach(port);
    this.#left(session, port, new TapswitchError("bye", message));
  }

  #newMember(session: Session, { admitted, id, options }: Entry<Admitted>): Port {
    this.#roster.checkRoom(id, admitted.grant.sessions, session.peer);
    return this.#newPort(session, admitted, options);
  }

  #newPort(session: Session, admitted: Admitted, options: PortOptions): Port {
    const port = this.#addPort(admitted, options);
    this.#connect(port, session);
    this.watched.events.portUp(port, session);
    return port;
  }

  #addPort({ grant, name: wanted }: Admitted, options: PortOptions): Port {
    const name = this.#freeName(wanted);
    const settled = settledOptions(name, this.#settings.ports, options);
    const rules = portRules(grant, settled, this.#surroundings);
    const port = this.switch.attach(null, { name, macLimit: this.#settings.macLimit, ...rules });
    this.#given.set(port, { grant, options, settled });
    return port;
  }

  get #surroundings(): PortSurroundings {
    const { guards } = this.watched.protections;
    return { macLimit: this.#settings.macLimit, secure: (rule) => guards.secure(rule) };
  }

  /** The settings of ports have changed, perhaps for this one: then it begins anew. */
  #settleAnew(port: Port): void {
    const given = this.#given.get(port);
    if (given === undefined) return;
    const settled = settledOptions(port.name, this.#settings.ports, given.options);
    const { macLimit = this.#settings.macLimit, ...rules } = portRules(
      given.grant,
      settled,
      this.#surroundings,
    );
    if (macLimit !== port.place.limit) this.switch.limit(port, macLimit);
    if (!isDeepStrictEqual(settled, given.settled)) this.switch.rule(port, rules);
    given.settled = settled;
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
  #replace(session: Session, { instance }: Hello, entry: Entry<Admitted>): Port | undefined {
    const { admitted, id, options } = entry;
    const found = this.#roster.earlier(id, instance);
    if (found === undefined) return undefined;
    const [earlier, member] = found;
    const { name, grant } = admitted;
    const keepsPort = isDeepStrictEqual([member.name, member.grant, member.options], [name, grant, options]);
    if (keepsPort) this.#connect(member.port, session);
    else this.switch.detach(member.port);
    earlier.close(new TapswitchError("bye", "replaced by a new session of the same process"));
    this.#roster.delete(earlier);
    this.#options.left(earlier);
    this.watched.events.replaced(member.port, session);
    return keepsPort ? member.port : undefined;
  }

  #left(session: Session, port: Port, error?: Error): void {
    this.#roster.delete(session);
    const why = error?.message ?? "the peer closed the connection";
    this.watched.events.portDown(port, session, why);
    this.#options.left(session, error);
  }

  #warnings(hello: Hello): string[] {
    const warnings: string[] = [];
    const holder = hello.mac === undefined ? undefined : this.#roster.holder(hello.mac, hello.instance);
    if (holder !== undefined) {
      const fix = "two hosts with one address lose each other's frames: give one of them --mac";
      warnings.push(`the MAC ${hello.mac} is already that of port '${holder.name}': ${fix}`);
    }
    const { mtu } = this.#settings;
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

function switchRules({
  age,
  forwardReserved,
}: NetworkSettings): Required<Pick<SwitchOptions, "ageMs" | "forwardReserved">> {
  return { ageMs: age * 1_000, forwardReserved };
}
