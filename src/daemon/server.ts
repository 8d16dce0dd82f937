/** `tapswitch serve`: listeners, networks, and the sessions between them. */
import { type Clock, monotonicClock } from "../clock.js";
import type { ServeConfig } from "../config/serve-config.js";
import { accessDesk, type Connection } from "../control/access-desk.js";
import type { AccessCall, Handlers } from "../control/api.js";
import { controlIn } from "../control/control-folders.js";
import { EventHub } from "../control/event-hub.js";
import type { ReloadReport } from "../control/inspect-api.js";
import { TapswitchError } from "../errors.js";
import type { Session } from "../session/session.js";
import type { Switch, SwitchSnapshot } from "../switch/switch.js";
import { type Access, needsAccess, openAccess, reachableAt } from "./access.js";
import type { CrowdSnapshot } from "./door/crowd.js";
import { Desk } from "./inspect/desk.js";
import { setLogLevel } from "./inspect/log-level.js";
import type { Log } from "./log.js";
import type { Farewell, Network } from "./network/network.js";
import { Networks } from "./network/networks.js";
import { type ConfigSource, Reloader } from "./reload/reloader.js";
import { possibleListeners, SERVE_RELOAD } from "./reload/serve-reload.js";
import type { InheritedSocket } from "./service/inherited-sockets.js";
import { Ways } from "./ways.js";

const TICK_MS = 1_000;
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
  /** Where the configuration is from, to read it again. */
  readonly source?: ConfigSource<ServeConfig> | undefined;
  /** Where to be asked, unless the configuration names a path or a state folder. Default: in the state folder. */
  controlPaths?(): Promise<readonly string[]>;
}

export class Server {
  readonly #reloader: Reloader<ServeConfig>;
  readonly #options: ServerOptions;
  readonly #log: Log;
  readonly #clock: Clock;
  /** What happens here, for whoever listens. */
  readonly events = new EventHub(Date.now);
  readonly #networks: Networks;
  readonly #ways: Ways;
  #access: Access | null = null;
  #desk: Desk | null = null;
  #ticks = 0;
  #tick: NodeJS.Timeout | undefined;

  constructor(config: ServeConfig, log: Log, options: ServerOptions = {}) {
    const { clock = monotonicClock } = options;
    this.#options = options;
    this.#log = log;
    this.#clock = clock;
    this.#ways = new Ways({
      ...{ config, limits: config, clock, log, hub: this.events },
      networks: () => this.#networks.byName,
      access: () => this.#access,
    });
    const left = (session: Session, error?: Error): void => this.#ways.door.left(session, error);
    this.#networks = new Networks(config, { clock, log, hub: this.events, left });
    this.#reloader = new Reloader({
      ...{ config, log, source: options.source, table: SERVE_RELOAD, hub: this.events },
      apply: (next) => this.#apply(next),
    });
  }

  get #config(): ServeConfig {
    return this.#reloader.config;
  }

  /** Opens every listener, or none. */
  async start(): Promise<void> {
    try {
      if (needsAccess(this.#config)) this.#access = openAccess(this.#config.state);
      this.#networks.open(this.#access?.folder ?? null);
      await this.#ways.listen(this.#options.sockets ?? []);
      await this.#openControl();
      await this.#ways.attach();
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
    await this.#ways.close("the server is stopping");
    this.#desk?.close();
    for (const { watched } of this.#networks.all) watched.protections.guards.tick();
    this.#flush();
    this.#access?.close();
  }

  /**
   * Reads configuration, certificates and revocation lists again. What did not change runs on; sessions that a CA
   * vouched for begin anew where its files have changed. Rejects with `usage` and others, having changed nothing.
   */
  reload(): Promise<ReloadReport> {
    return this.#reloader.reload();
  }

  /** Takes over another configuration, or, where something in it cannot be had, nothing of it. */
  async #apply(next: ServeConfig): Promise<ReloadReport> {
    const { listen, restart } = possibleListeners(next.listen, this.#access !== null);
    const ways = await this.#ways.prepare({ ...next, listen });
    try {
      if (next.group !== this.#config.group) this.#desk?.setGroup(next.group);
      this.#desk?.reload();
    } catch (error) {
      ways.undo();
      throw error;
    }
    // From here on nothing can fail.
    this.#setLimits(next);
    ways.begin();
    const networks = this.#networks.configure(next);
    const { applied, certificates } = ways.commit();
    if (certificates) this.#renew();
    return { applied: [...networks, ...applied], restart };
  }

  #setLimits(next: ServeConfig): void {
    this.#ways.door.setLimits(next);
    if (next.logLevel !== this.#config.logLevel) setLogLevel(this.#log, this.#networks.all, next.logLevel);
  }

  /** All that can be asked of it, once it has started. */
  get desk(): Desk {
    this.#desk ??= this.#makeDesk();
    return this.#desk;
  }

  /** Those whom a CA vouches for must show again that it does. */
  #renew(): void {
    for (const { id, network } of this.#proven()) {
      if (id.startsWith("ca:")) this.network(network)!.expel(id, RENEWED);
    }
  }

  /** Where it listens, with the ports that the kernel chose. */
  get bound(): readonly string[] {
    return this.#ways.bound;
  }

  get switches(): readonly Switch[] {
    return this.#networks.all.map((network) => network.switch);
  }

  network(name: string): Network | undefined {
    return this.#networks.byName.get(name);
  }

  snapshot(): ServerSnapshot {
    return {
      ...this.#ways.door.crowd.snapshot(),
      networks: this.#networks.all.map((network) => network.switch.snapshot()),
    };
  }

  async #openControl(): Promise<void> {
    const { control, state, group } = this.#config;
    const paths = control === undefined && state === undefined ? this.#options.controlPaths : undefined;
    const path = control ?? (this.#access === null ? undefined : controlIn(this.#access.folder));
    if (paths !== undefined) await this.desk.openAny(await paths(), group);
    else if (path !== undefined) await this.desk.open(path, group);
  }

  #makeDesk(): Desk {
    return new Desk({
      ways: this.#ways,
      access: this.#access === null ? null : this.#accessDesk(this.#access),
      inspected: {
        role: "serve",
        clock: this.#clock,
        log: this.#log,
        events: this.events,
        networks: () => this.#networks.all,
        config: () => this.#reloader.values,
        facts: () => ({ ...this.#ways.facts(), uplinks: [], devices: [] }),
        reload: () => this.reload(),
      },
    });
  }

  #accessDesk({ book, identity }: Access): Handlers<AccessCall> {
    return accessDesk({
      book,
      identity,
      networks: () => this.#config.network,
      address: () => this.#config.advertise ?? this.#address(),
      connections: () => this.#proven(),
      expel: (id, name) => this.network(name)?.expel(id, REVOKED) ?? 0,
      now: Date.now,
    });
  }

  #proven(): Connection[] {
    return this.#networks.all.flatMap((network) => network.connections());
  }

  #address(): string {
    const listener = this.#ways.door.listeners.find(({ endpoint }) => endpoint.kind === "tls");
    if (listener === undefined || listener.endpoint.kind !== "tls")
      throw new TapswitchError("usage", "this server has no tls:// listener, so nobody could use an invite");
    return reachableAt(listener.endpoint.host, listener.port);
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
    this.#ways.tick(now);
    for (const network of this.#networks.all) network.watched.tick(now);
    this.events.tick();
    if (++this.#ticks % FLUSH_EVERY_TICKS === 0) this.#flush();
  }
}
