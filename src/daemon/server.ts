/** `tapswitch serve`: listeners, networks, and the sessions between them. */
import { type Clock, monotonicClock } from "../clock.js";
import type { Endpoint } from "../config/endpoint.js";
import { EXPOSED, isExposed, takesRaw } from "../config/exposure.js";
import type { ServeConfig } from "../config/serve-config.js";
import { accessDesk, type Connection } from "../control/access-desk.js";
import type { AccessCall, Handlers } from "../control/api.js";
import { EventHub } from "../control/event-hub.js";
import type { ReloadReport } from "../control/inspect-api.js";
import { TapswitchError } from "../errors.js";
import type { StreamLink } from "../link/stream.js";
import { acceptSession, type Host } from "../session/accept.js";
import { Liveness } from "../session/liveness.js";
import type { Session } from "../session/session.js";
import type { SwitchSnapshot } from "../switch/switch.js";
import { type Access, controlPath, needsAccess, openAccess, reachableAt } from "./access.js";
import type { Arrival } from "./door/arrival.js";
import { Crowd, type CrowdSnapshot } from "./door/crowd.js";
import { Doorkeeper } from "./door/doorkeeper.js";
import { Listener, type ListenerEvents } from "./door/listener.js";
import { Reception } from "./door/reception.js";
import { Desk } from "./inspect/desk.js";
import type { Log } from "./log.js";
import { type Farewell, Network } from "./network/network.js";
import { type Claimed, claimSockets, type InheritedSocket } from "./service/inherited-sockets.js";

const TICK_MS = 1_000;
/** Peers get this long to take their `bye` before the process ends: a little more than a farewell lingers. */
const GOODBYE_MS = 1_200;
/** How often it is written down who was seen when. */
const FLUSH_EVERY_TICKS = 60;

const REVOKED: Farewell = { code: "revoked", message: "this client's membership was revoked" };
const RENEWED: Farewell = {
  code: "renewed",
  message: "the server has read its CA and revocation lists again",
};

export interface ServerSnapshot extends CrowdSnapshot {
  readonly networks: readonly SwitchSnapshot[];
}

export interface ServerOptions {
  readonly clock?: Clock;
  /** These stand for listeners of the configuration. */
  readonly sockets?: readonly InheritedSocket[];
  /** Where to be asked, unless the configuration names a path or a state folder. Default: in the state folder. */
  controlPaths?(): Promise<readonly string[]>;
}

export class Server {
  readonly #config: ServeConfig;
  readonly #options: ServerOptions;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #crowd: Crowd;
  /** What happens here, for whoever listens. */
  readonly events = new EventHub(Date.now);
  readonly #networks = new Map<string, Network>();
  readonly #liveness: Liveness;
  readonly #listeners: Listener[] = [];
  readonly #sessions = new Set<Session>();
  readonly #doorkeeper: Doorkeeper;
  #access: Access | null = null;
  #desk: Desk | null = null;
  #ticks = 0;
  #tick: NodeJS.Timeout | undefined;

  constructor(config: ServeConfig, log: Log, options: ServerOptions = {}) {
    const { clock = monotonicClock } = options;
    this.#config = config;
    this.#options = options;
    this.#log = log;
    this.#clock = clock;
    this.#crowd = new Crowd({ limit: config.maxPorts, clock, log, hub: this.events });
    this.#liveness = new Liveness(config.keepalive);
    this.#doorkeeper = new Doorkeeper({ clock, shutOut: (source, ms) => this.#crowd.shutOut(source, ms) });
    for (const name of config.network) {
      const left = (session: Session, error?: Error): void => this.#left(session, error);
      this.#networks.set(name, new Network(name, { config, clock, log, hub: this.events, left }));
    }
  }

  /** Opens every listener, or none. */
  async start(): Promise<void> {
    const listeners = claimSockets(this.#config.listen, this.#options.sockets ?? []);
    try {
      if (needsAccess(this.#config)) this.#access = openAccess(this.#config.state);
      for (const claimed of listeners) await this.#listen(claimed);
      await this.#openControl();
      if (this.#config.http !== undefined) await this.desk.openWeb(this.#config.http, this.#config.state);
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#tick = setInterval(() => this.#everySecond(), TICK_MS);
  }

  /** Says good-bye to every session, and resolves when they are gone or have had their time. */
  async stop(): Promise<void> {
    clearInterval(this.#tick);
    for (const listener of this.#listeners) listener.close();
    for (const session of this.#sessions) session.bye("shutdown", "the server is stopping");
    await this.#crowd.disperse(GOODBYE_MS);
    this.#desk?.close();
    this.#flush();
    this.#access?.close();
  }

  /**
   * Reads the certificates and revocation lists of the listeners again, and ends the sessions that a CA vouched for:
   * they come back at once if they still may. Throws `usage`, leaving the listener as it was.
   */
  reload(): ReloadReport {
    this.#desk?.reload();
    const changed = this.#listeners.filter((listener) => listener.reload());
    if (changed.length > 0) this.#renew();
    const applied = changed.map(({ bound }) => `certificates of ${bound}`);
    this.events.publish("config-reloaded", {}, `reloaded: ${applied.join(", ") || "nothing has changed"}`);
    return { applied, restart: [] };
  }

  /** All that can be asked of it, once it has started. */
  get desk(): Desk {
    this.#desk ??= this.#makeDesk();
    return this.#desk;
  }

  /** Those whom a CA vouches for must show again that it does. */
  #renew(): void {
    for (const { id, network } of this.#proven()) {
      if (id.startsWith("ca:")) this.#networks.get(network)!.expel(id, RENEWED);
    }
  }

  /** Where it listens, with the ports that the kernel chose. */
  get bound(): readonly string[] {
    return this.#listeners.map((listener) => listener.bound);
  }

  network(name: string): Network | undefined {
    return this.#networks.get(name);
  }

  snapshot(): ServerSnapshot {
    return {
      ...this.#crowd.snapshot(),
      networks: [...this.#networks.values()].map((network) => network.switch.snapshot()),
    };
  }

  async #listen(claimed: Claimed): Promise<void> {
    const { endpoint } = claimed;
    const raw = takesRaw(endpoint);
    const events: ListenerEvents = {
      room: () => this.#crowd.hasRoom(),
      accept: (link, arrival) => {
        // Others may have come while this one was in its handshake.
        if (!this.#crowd.hasRoom()) return link.close();
        this.#crowd.came(link);
        acceptSession(link, { host: this.#host(endpoint, arrival), clock: this.#clock, raw });
      },
      ended: (link, error) => this.#crowd.left(link, error),
      unproven: (peer, error) => this.#crowd.unproven(peer, error),
      failed: (error) => this.#crowd.notTaken(error),
    };
    const means =
      this.#access === null ? undefined : { identity: this.#access.identity, doorkeeper: this.#doorkeeper };
    const listener = await Listener.open(claimed, events, means);
    this.#listeners.push(listener);
    if (isExposed(endpoint)) this.#log.warn(`${listener.bound} ${EXPOSED}`);
    this.#log.info(
      { networks: this.#config.network, raw, mtu: this.#config.mtu },
      `listening on ${listener.bound}`,
    );
  }

  /** What this server says to whoever came in through one listener. */
  #host(endpoint: Endpoint, arrival: Arrival): Host {
    const options = {
      config: this.#config,
      networks: this.#networks,
      book: this.#access?.book ?? null,
      attached: (session: Session) => void this.#sessions.add(session),
      heard: (session: Session) => this.#liveness.heard(session),
      endedEarly: (link: StreamLink, error?: Error) => this.#crowd.endedEarly(link.peer, error),
    };
    return new Reception(options, endpoint, arrival);
  }

  async #openControl(): Promise<void> {
    const { control, state, group } = this.#config;
    const paths = control === undefined && state === undefined ? this.#options.controlPaths : undefined;
    const path = control ?? (this.#access === null ? undefined : controlPath(this.#access.folder));
    if (paths !== undefined) await this.desk.openAny(await paths(), group);
    else if (path !== undefined) await this.desk.open(path, group);
  }

  #makeDesk(): Desk {
    return new Desk({
      access: this.#access === null ? null : this.#accessDesk(this.#access),
      inspected: {
        role: "serve",
        clock: this.#clock,
        log: this.#log,
        events: this.events,
        networks: () => [...this.#networks.values()],
        facts: () => ({
          ...this.#crowd.snapshot(),
          listeners: this.#listeners.map((listener) => listener.view()),
          uplinks: [],
          devices: [],
        }),
        reload: () => this.reload(),
      },
    });
  }

  #accessDesk({ book, identity }: Access): Handlers<AccessCall> {
    return accessDesk({
      book,
      identity,
      networks: this.#config.network,
      address: () => this.#config.advertise ?? this.#address(),
      connections: () => this.#proven(),
      expel: (id, name) => this.#networks.get(name)?.expel(id, REVOKED) ?? 0,
      now: Date.now,
    });
  }

  #proven(): Connection[] {
    return [...this.#networks.values()].flatMap((network) => network.connections());
  }

  #address(): string {
    const listener = this.#listeners.find(({ endpoint }) => endpoint.kind === "tls");
    if (listener === undefined || listener.endpoint.kind !== "tls")
      throw new TapswitchError("usage", "this server has no tls:// listener, so nobody could use an invite");
    return reachableAt(listener.endpoint.host, listener.port);
  }

  #left(session: Session, error?: Error): void {
    this.#sessions.delete(session);
    this.#liveness.forget(session);
    if (error !== undefined) this.#log.debug({ peer: session.peer, err: error.message }, "session ended");
  }

  #flush(): void {
    try {
      this.#access?.book.flush();
    } catch (error) {
      this.#log.error((error as Error).message);
    }
  }

  #everySecond(): void {
    const now = this.#clock.now();
    for (const session of this.#liveness.expired(now)) {
      session.close(new TapswitchError("timeout", `nothing heard for ${this.#liveness.limitMs} ms`));
    }
    for (const network of this.#networks.values()) network.watched.tick(now);
    this.events.tick();
    if (++this.#ticks % FLUSH_EVERY_TICKS === 0) this.#flush();
  }
}
