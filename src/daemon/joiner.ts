/**
 * `tapswitch join`: a switch with an uplink. Its ports are the session to a server, the TAP device of this host unless
 * it wants none, and whatever comes by listeners and wires: local VMs talk to each other here, also while the server
 * is away, and to all others through the one session.
 */
import { randomBytes } from "node:crypto";
import { type Clock, monotonicClock } from "../clock.js";
import { formatEndpoint } from "../config/endpoint/endpoint.js";
import { type JoinConfig, joinedNetwork } from "../config/join-config.js";
import { EventHub } from "../control/event-hub.js";
import type { ReloadReport } from "../control/inspect-api.js";
import { TapswitchError } from "../errors.js";
import { parseMac } from "../frame/mac.js";
import { KEEPALIVE_MS } from "../session/liveness.js";
import type { Welcome } from "../session/messages.js";
import type { Session } from "../session/session.js";
import type { Port } from "../switch/port.js";
import type { Switch, SwitchSnapshot } from "../switch/switch.js";
import { type HookFacts, hookFacts, runHook } from "./device/hooks.js";
import { hostName } from "./device/host-name.js";
import { becomeUser, findUser } from "./device/privileges.js";
import { Desk, type DeskOptions } from "./inspect/desk.js";
import { setLogLevel } from "./inspect/log-level.js";
import { HostPort } from "./join/host-port.js";
import { joinSettings } from "./join/join-settings.js";
import { greeting, type OwnHost, ownHost, probedHost } from "./join/own-host.js";
import type { Log } from "./log.js";
import { Network } from "./network/network.js";
import { ProbeDesk } from "./probe/probe-desk.js";
import { JOIN_RELOAD } from "./reload/join-reload.js";
import { type ConfigSource, Reloader } from "./reload/reloader.js";
import { serverAddresses } from "./uplink/dial.js";
import { openTrust, type ServerTrust } from "./uplink/server-trust.js";
import { Uplink, type UplinkSnapshot } from "./uplink/uplink.js";
import { viewUplink } from "./uplink/uplink-view.js";
import { Ways } from "./ways.js";

const TICK_MS = 1_000;

/** What is not in the configuration, which is shown and logged. */
export interface JoinOptions {
  /** Where the configuration is from, to read it again. */
  readonly source?: ConfigSource<JoinConfig> | undefined;
  /** Of an invite; said until the first welcome. */
  readonly code?: string;
  /** Where to be asked, unless the configuration says. Called with the device's name, or the network's without one. */
  controlPaths?(name: string): Promise<readonly string[]>;
}

export class Joiner {
  readonly #reloader: Reloader<JoinConfig>;
  readonly #log: Log;
  readonly #clock: Clock;
  #name: string;
  readonly #instance = randomBytes(16).toString("hex");
  readonly #network: Network;
  readonly #ways: Ways;
  readonly #uplinkPort: Port;
  readonly #uplink: Uplink;
  /** What happens here, for whoever listens. */
  readonly events = new EventHub(Date.now);
  /** Null where this host has no device. */
  #host: HostPort | null = null;
  #welcome: Welcome | null = null;
  #tick: NodeJS.Timeout | undefined;
  /** As they were at the last welcome: at the end the device may be gone. */
  #facts: HookFacts | null = null;
  #fail: (error: Error) => void = () => undefined;
  #trust: ServerTrust | undefined;
  readonly #options: JoinOptions;
  readonly #probes: ProbeDesk;
  /** All that can be asked of it. */
  readonly desk: Desk;

  constructor(config: JoinConfig, log: Log, clock: Clock = monotonicClock, options: JoinOptions = {}) {
    this.#options = options;
    this.#log = log;
    this.#clock = clock;
    this.#name = config.name ?? hostName();
    const [hub, network] = [this.events, joinedNetwork(config.server)];
    this.#reloader = new Reloader({
      ...{ config, log, source: options.source, table: JOIN_RELOAD, hub },
      apply: (next) => this.#apply(next),
    });
    const left = (session: Session, error?: Error): void => this.#ways.door.left(session, error);
    this.#network = new Network(network, { settings: joinSettings(config, null), clock, log, hub, left });
    const networks = new Map([[network, this.#network]]);
    this.#ways = new Ways({
      ...{ config: { ...config, network: [network] }, limits: { ...config, keepalive: KEEPALIVE_MS } },
      ...{ clock, log, hub, networks: () => networks, access: () => null },
      servers: () => serverAddresses(config.server),
    });
    const { wires } = this.#ways;
    this.#uplinkPort = this.#network.addPort("uplink", { trusted: true, loopProbe: "off" });
    this.#network.watched.protections.guards.open(null);
    this.#uplink = new Uplink({
      ...{ endpoint: config.server, clock, log },
      hello: () => this.#hello(),
      check: (address) => {
        this.#host?.refuseLoop(address);
        wires.refuseLoop(address);
      },
      trust: () => this.#trust!,
      changed: ({ mtu }) => this.#followMtu(mtu),
      up: (session, welcome) => this.#up(session, welcome),
    });
    this.#probes = new ProbeDesk({
      ...{ lan: this.switch, port: this.#uplinkPort, clock, answers: config.testResponder },
      host: () => (this.#uplink.session === null ? null : this.#probed()),
    });
    const ways = this.#ways;
    this.desk = new Desk({ ways, inspected: this.#inspected(), access: null, test: this.#probes.stream });
  }

  /** Opens device, listeners and wires, joins, and runs until `stop`. Rejects with what makes going on impossible. */
  async run(): Promise<void> {
    const { server, state, user, http } = this.#config;
    const dropTo = user === undefined ? null : findUser(user);
    if (server.kind === "tls") this.#trust = openTrust(server, state);
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    // It may fail before anybody waits for that.
    failed.catch(() => undefined);
    try {
      if (this.#config.tap) this.#host = this.#openHost();
      await this.#ways.listen([]);
      await this.#ways.attach();
      if (dropTo !== null) becomeUser(dropTo, this.#trust?.folder, this.#log);
      this.#tick = setInterval(() => this.#everySecond(), TICK_MS);
      await this.#openControl(this.#host?.tap.name ?? this.#network.name);
      if (http !== undefined) await this.desk.openWeb(http, state);
      await Promise.race([this.#uplink.run(), failed]);
    } finally {
      await this.#close();
    }
  }

  stop(): void {
    this.#uplink.stop();
  }

  /** Reads the configuration again, and takes over what a running join can. Rejects, having changed nothing. */
  reload(): Promise<ReloadReport> {
    return this.#reloader.reload();
  }

  snapshot(): SwitchSnapshot {
    return this.switch.snapshot();
  }

  /** How it stands with the server. */
  get uplink(): UplinkSnapshot {
    return this.#uplink.snapshot();
  }

  /** Where it listens, with what the kernel chose. */
  get bound(): readonly string[] {
    return this.#ways.bound;
  }

  get switch(): Switch {
    return this.#network.switch;
  }

  get #config(): JoinConfig {
    return this.#reloader.config;
  }

  get #own(): OwnHost {
    return ownHost(this.#host?.tap ?? null, this.#network.name, this.#name);
  }

  async #apply(next: JoinConfig): Promise<ReloadReport> {
    const { logLevel, name } = this.#config;
    const ways = await this.#ways.prepare({ ...next, network: [this.#network.name] });
    try {
      this.#host?.configure(next, this.#welcome?.mtu);
    } catch (error) {
      ways.undo();
      throw error;
    }
    // From here on nothing can fail.
    this.#ways.door.setLimits({ ...next, keepalive: KEEPALIVE_MS });
    this.#network.configure(joinSettings(next, this.#welcome));
    ways.begin();
    const { applied } = ways.commit();
    if (next.logLevel !== logLevel) setLogLevel(this.#log, [this.#network], next.logLevel);
    if (next.name !== name) {
      this.#name = next.name ?? hostName();
      this.#uplink.kick("the client has another name");
    }
    return { applied, restart: [] };
  }

  #followMtu(mtu: number): void {
    if (this.#welcome !== null) this.#welcome = { ...this.#welcome, mtu };
    this.#network.configure(joinSettings(this.#config, this.#welcome));
    this.#host?.followMtu(mtu);
  }

  #openHost(): HostPort {
    return new HostPort({
      ...{ config: this.#config, network: this.#network, name: this.#name, clock: this.#clock },
      ...{ log: this.#log, uplink: this.#uplinkPort, failed: (error) => this.#fail(error) },
    });
  }

  async #openControl(name: string): Promise<void> {
    const { control } = this.#config;
    if (control !== undefined) return await this.desk.open(control);
    const paths = await this.#options.controlPaths?.(name);
    if (paths !== undefined) await this.desk.openAny(paths);
  }

  #inspected(): DeskOptions["inspected"] {
    const network = this.#network;
    const kick = (port: Port, reason: string): void => this.#kick(port, reason);
    return {
      role: "join",
      clock: this.#clock,
      log: this.#log,
      events: this.events,
      networks: () => [{ watched: network.watched, memberOf: (port) => network.memberOf(port), kick }],
      facts: () => {
        const facts = this.#ways.facts();
        const server = this.#uplink.session === null ? 0 : 1;
        const uplink = viewUplink(this.#config.server, this.uplink, this.#welcome, this.#clock);
        const devices = this.#host === null ? [] : [this.#host.view()];
        return { ...facts, connections: facts.connections + server, uplinks: [uplink], devices };
      },
      config: () => this.#reloader.values,
      reload: () => this.reload(),
    };
  }

  #kick(port: Port, reason: string): void {
    if (port === this.#host?.port)
      throw new TapswitchError(
        "usage",
        `${port.name} is this host's own device: stop the join to take it away`,
      );
    if (port === this.#uplinkPort) this.#uplink.kick(reason);
    else this.#network.kick(port, reason);
  }

  #hello(): ReturnType<typeof greeting> {
    const code = this.#welcome === null ? this.#options.code : undefined;
    return greeting({ config: this.#config, instance: this.#instance, name: this.#name, code }, this.#own);
  }

  #up(session: Session, welcome: Welcome): void {
    const first = this.#welcome === null;
    this.#welcome = welcome;
    this.switch.connect(this.#uplinkPort, session, (_, error) => {
      this.#host?.down();
      this.events.publish("uplink-down", {}, error?.message ?? "the server closed the connection");
      this.#uplink.lost(error);
    });
    this.#followMtu(welcome.mtu);
    this.#host?.up(session.capabilities.offload);
    const { mac, tap } = this.#own;
    this.#probes.up(parseMac(mac));
    for (const warning of welcome.warnings) this.#log.warn(warning);
    const { network, port, name } = welcome;
    const { server } = this.#config;
    this.#log.info({ network, port, name, mtu: tap?.mtu ?? welcome.mtu }, `joined ${formatEndpoint(server)}`);
    this.events.publish("uplink-up", {}, `joined ${network} as ${name}, port ${port}`);
    this.#facts = hookFacts(tap, welcome, server);
    if (first) void this.#hook("up");
  }

  #probed(): ReturnType<typeof probedHost> | null {
    return this.#welcome === null ? null : probedHost(this.#own, this.#welcome, this.#config.bridge);
  }

  async #hook(event: "up" | "down"): Promise<void> {
    const command = this.#config[event];
    if (command !== undefined && this.#facts !== null) await runHook(command, event, this.#facts, this.#log);
  }

  #everySecond(): void {
    const now = this.#clock.now();
    this.#ways.tick(now);
    this.#network.watched.tick(now);
    this.#host?.tick();
    this.events.tick();
  }

  async #close(): Promise<void> {
    clearInterval(this.#tick);
    this.#uplink.stop();
    this.desk.close();
    this.#probes.close();
    this.#host?.leave();
    await this.#ways.close("the host is leaving");
    await this.#hook("down");
    this.#host?.close();
  }
}
