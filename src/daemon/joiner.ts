/**
 * `tapswitch join`: a small switch with a TAP device on one port and a session to a server on the other, so that
 * whatever works on a server's ports works here too.
 */
import { randomBytes } from "node:crypto";
import { type Clock, monotonicClock } from "../clock.js";
import { formatEndpoint } from "../config/endpoint/endpoint.js";
import type { JoinConfig } from "../config/join-config.js";
import { EventHub } from "../control/event-hub.js";
import type { ReloadReport } from "../control/inspect-api.js";
import { TapswitchError } from "../errors.js";
import { parseMac } from "../frame/mac.js";
import { ALL_OFFLOADS, offloadNames } from "../frame/offload.js";
import { TapLink } from "../link/tap.js";
import { native } from "../native/native.js";
import type { Hello, Welcome } from "../session/messages.js";
import type { Session } from "../session/session.js";
import type { Port } from "../switch/port.js";
import type { Switch, SwitchSnapshot } from "../switch/switch.js";
import { type HookFacts, hookFacts, runHook } from "./device/hooks.js";
import { HostDevice } from "./device/host-device.js";
import { hostName } from "./device/host-name.js";
import { becomeUser, findUser, giveFolder, type User } from "./device/privileges.js";
import { Desk, type DeskOptions } from "./inspect/desk.js";
import { setLogLevel } from "./inspect/log-level.js";
import type { Log } from "./log.js";
import { WatchedSwitch } from "./network/watched-switch.js";
import { ProbeDesk, type ProbedHost, probedNames } from "./probe/probe-desk.js";
import { JOIN_RELOAD } from "./reload/join-reload.js";
import { type ConfigSource, Reloader } from "./reload/reloader.js";
import { openTrust, type ServerTrust } from "./uplink/server-trust.js";
import { Uplink, type UplinkSnapshot } from "./uplink/uplink.js";
import { viewUplink } from "./uplink/uplink-view.js";
import { Wires } from "./wires/wires.js";

const TICK_MS = 1_000;

/** What is not in the configuration, which is shown and logged. */
export interface JoinOptions {
  /** Where the configuration is from, to read it again. */
  readonly source?: ConfigSource<JoinConfig> | undefined;
  /** Of an invite; said until the first welcome. */
  readonly code?: string;
  /** Where to be asked, unless the configuration says. Called once the device's name is known. */
  controlPaths?(device: string): Promise<readonly string[]>;
}

export class Joiner {
  readonly #reloader: Reloader<JoinConfig>;
  readonly #log: Log;
  readonly #clock: Clock;
  #name: string;
  readonly #instance = randomBytes(16).toString("hex");
  readonly #watched: WatchedSwitch;
  readonly #switch: Switch;
  readonly #uplinkPort: Port;
  readonly #uplink: Uplink;
  /** What happens here, for whoever listens. */
  readonly events = new EventHub(Date.now);
  #device: HostDevice | undefined;
  #tapPort!: Port;
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
    this.#reloader = new Reloader({
      ...{ config, log, source: options.source, table: JOIN_RELOAD, hub: this.events },
      apply: async (next) => this.#apply(next),
    });
    const name = config.server.network ?? "default";
    this.#watched = new WatchedSwitch({ name, clock, log, hub: this.events });
    this.#switch = this.#watched.switch;
    this.#uplinkPort = this.#switch.attach(null, { name: "uplink" });
    this.#uplink = new Uplink({
      endpoint: config.server,
      clock,
      log,
      hello: () => this.#hello(),
      check: (address) => this.#device!.refuseLoop(address),
      trust: () => this.#trust!,
      changed: ({ mtu }) => this.#followMtu(mtu),
      up: (session, welcome) => this.#up(session, welcome),
    });
    this.#probes = new ProbeDesk({
      lan: this.#switch,
      port: this.#uplinkPort,
      clock,
      answers: config.testResponder,
      host: () => this.#probedHost(),
    });
    const wires = new Wires({ clock, log, networks: () => new Map(), otherwise: () => name });
    this.desk = new Desk({ wires, inspected: this.#inspected(), access: null, test: this.#probes.stream });
  }

  /** Opens the device, joins, and runs until `stop`. Rejects with what makes going on impossible. */
  async run(): Promise<void> {
    const { server, state, user } = this.#config;
    const dropTo = user === undefined ? null : findUser(user);
    if (server.kind === "tls") this.#trust = openTrust(server, state);
    this.#device = this.#open();
    if (dropTo !== null) this.#dropPrivileges(dropTo);
    this.#tick = setInterval(() => this.#everySecond(), TICK_MS);
    await this.#openControl(this.#device.tap.name);
    if (this.#config.http !== undefined) await this.desk.openWeb(this.#config.http, this.#config.state);
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    try {
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
    return this.#switch.snapshot();
  }

  /** How it stands with the server. */
  get uplink(): UplinkSnapshot {
    return this.#uplink.snapshot();
  }

  get switch(): Switch {
    return this.#switch;
  }

  get #config(): JoinConfig {
    return this.#reloader.config;
  }

  #apply(next: JoinConfig): ReloadReport {
    const { logLevel, name } = this.#config;
    if (this.#device?.configure(next, this.#welcome?.mtu)) this.#tapPort.refresh();
    if (next.logLevel !== logLevel) setLogLevel(this.#log, [{ watched: this.#watched }], next.logLevel);
    if (next.name !== name) {
      this.#name = next.name ?? hostName();
      this.#uplink.kick("the client has another name");
    }
    return { applied: [], restart: [] };
  }

  #followMtu(mtu: number): void {
    if (this.#welcome !== null) this.#welcome = { ...this.#welcome, mtu };
    if (this.#device!.followMtu(mtu, this.#log)) this.#tapPort.refresh();
  }

  #open(): HostDevice {
    const { ip, bridge } = this.#config;
    const device = HostDevice.open(this.#config, this.#switch.name, this.#name);
    const { tap } = device;
    this.#tapPort = this.#switch.attach(new TapLink(tap), {
      name: tap.name,
      closed: (_, error) => this.#fail(error ?? new TapswitchError("device-gone", `${tap.name} went away`)),
    });
    this.#log.info({ mac: tap.mac, ip, bridge }, `opened ${tap.name}`);
    return device;
  }

  #dropPrivileges(user: User): void {
    if (this.#trust?.folder !== undefined) giveFolder(this.#trust.folder, user);
    becomeUser(user);
    this.#log.info({ uid: user.uid, gid: user.gid }, `became user ${user.name}`);
  }

  async #openControl(device: string): Promise<void> {
    const { control } = this.#config;
    if (control !== undefined) return await this.desk.open(control);
    const paths = await this.#options.controlPaths?.(device);
    if (paths !== undefined) await this.desk.openAny(paths);
  }

  #inspected(): DeskOptions["inspected"] {
    const watched = this.#watched;
    const kick = (port: Port, reason: string): void => this.#kick(port, reason);
    return {
      role: "join",
      clock: this.#clock,
      log: this.#log,
      events: this.events,
      networks: () => [{ watched, memberOf: () => null, kick }],
      facts: () => ({
        listeners: [],
        connections: this.#uplink.session === null ? 0 : 1,
        turnedAway: 0,
        ends: {},
        wires: [],
        uplinks: [viewUplink(this.#config.server, this.#uplink.snapshot(), this.#welcome, this.#clock)],
        devices: this.#device === undefined ? [] : [this.#device.view()],
      }),
      config: () => this.#reloader.values,
      reload: () => this.reload(),
    };
  }

  #kick(port: Port, reason: string): void {
    if (port === this.#tapPort)
      throw new TapswitchError(
        "usage",
        `${port.name} is this host's own device: stop the join to take it away`,
      );
    if (port === this.#uplinkPort) this.#uplink.kick(reason);
    else {
      port.link?.close();
      this.#switch.detach(port);
    }
  }

  #hello(): Omit<Hello, "type" | "version"> {
    const { server, mtu, offload } = this.#config;
    const { code } = this.#options;
    return {
      instance: this.#instance,
      ...(server.network === undefined ? {} : { network: server.network }),
      name: this.#name,
      ...(code === undefined || this.#welcome !== null ? {} : { code }),
      // Whatever the device cannot take, this switch finishes.
      capabilities: { offload: offload ? offloadNames(ALL_OFFLOADS) : [] },
      ...(mtu === undefined ? {} : { mtu }),
      mac: this.#device!.tap.mac,
    };
  }

  #up(session: Session, welcome: Welcome): void {
    const first = this.#welcome === null;
    const { tap, carrier } = this.#device!;
    this.#welcome = welcome;
    this.#switch.connect(this.#uplinkPort, session, (_, error) => {
      carrier.down();
      this.events.publish("uplink-down", {}, error?.message ?? "the server closed the connection");
      this.#uplink.lost(error);
    });
    tap.setOffload(session.capabilities.offload);
    this.#followMtu(welcome.mtu);
    carrier.up();
    this.#probes.up(parseMac(tap.mac));
    for (const warning of welcome.warnings) this.#log.warn(warning);
    const { network, port, name } = welcome;
    this.#log.info({ network, port, name, mtu: tap.mtu }, `joined ${formatEndpoint(this.#config.server)}`);
    this.events.publish("uplink-up", {}, `joined ${network} as ${name}, port ${port}`);
    this.#facts = hookFacts(tap, network, this.#config.server);
    if (first) void this.#hook("up");
  }

  #probedHost(): ProbedHost | null {
    if (this.#uplink.session === null || this.#welcome === null) return null;
    const { tap } = this.#device!;
    const mac = parseMac(tap.mac);
    const devices = [tap.name, ...[this.#config.bridge ?? []].flat()];
    const addresses = devices.flatMap((device) => native().getAddresses(device));
    return { mac, mtu: tap.mtu, names: probedNames(this.#welcome.name, mac, addresses) };
  }

  async #hook(event: "up" | "down"): Promise<void> {
    const command = this.#config[event];
    if (command !== undefined && this.#facts !== null) await runHook(command, event, this.#facts, this.#log);
  }

  #everySecond(): void {
    this.#watched.tick(this.#clock.now());
    this.#tapPort.drop("queue", this.#device!.takeDropped());
    this.events.tick();
  }

  async #close(): Promise<void> {
    clearInterval(this.#tick);
    this.#uplink.stop();
    this.desk.close();
    this.#probes.close();
    if (this.#device === undefined) return;
    this.#device.carrier.stop();
    await this.#hook("down");
    this.#tapPort.link?.close();
    this.#device.tap.release();
  }
}
