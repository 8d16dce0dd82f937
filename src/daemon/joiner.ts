/**
 * `tapswitch join`: a small switch with a TAP device on one port and a session to a server on the other, so that
 * whatever works on a server's ports works here too.
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { type Clock, monotonicClock } from "../clock.js";
import { formatEndpoint } from "../config/endpoint.js";
import type { JoinConfig } from "../config/join-config.js";
import { TapswitchError } from "../errors.js";
import { ALL_OFFLOADS, offloadNames } from "../frame/offload.js";
import { TapLink } from "../link/tap.js";
import { TapDevice } from "../link/tap-device.js";
import { routeInterface } from "../native/interface.js";
import { type Hello, NAME_PATTERN, type Welcome } from "../session/messages.js";
import type { Session } from "../session/session.js";
import type { Port } from "../switch/port.js";
import { Switch, type SwitchSnapshot } from "../switch/switch.js";
import { Carrier } from "./device/carrier.js";
import { defaultMac } from "./device/default-mac.js";
import { type HookFacts, runHook } from "./device/hooks.js";
import { becomeUser, findUser, giveFolder, type User } from "./device/privileges.js";
import type { Log } from "./log.js";
import { openTrust, type ServerTrust } from "./uplink/server-trust.js";
import { Uplink } from "./uplink/uplink.js";

const TICK_MS = 1_000;
/**
 * Frames that the kernel may queue towards us. With offload each may be 64 KiB, and what waits there is delay that
 * nothing else bounds; yet a burst of small frames must fit.
 */
const TX_QUEUE = 256;

export interface JoinSecrets {
  /** Of an invite; said until the first welcome. */
  readonly code?: string;
}

export class Joiner {
  readonly #config: JoinConfig;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #name: string;
  readonly #instance = randomBytes(16).toString("hex");
  readonly #switch: Switch;
  readonly #uplinkPort: Port;
  readonly #uplink: Uplink;
  #device!: TapDevice;
  #tapPort!: Port;
  #carrier!: Carrier;
  #welcome: Welcome | null = null;
  #tick: NodeJS.Timeout | undefined;
  #txDropped = 0;
  /** As they were at the last welcome: at the end the device may be gone. */
  #facts: HookFacts | null = null;
  #fail: (error: Error) => void = () => undefined;
  #trust: ServerTrust | undefined;
  readonly #code: string | undefined;

  /** `secrets` are kept out of the configuration, which is shown and logged. */
  constructor(config: JoinConfig, log: Log, clock: Clock = monotonicClock, secrets: JoinSecrets = {}) {
    this.#config = config;
    this.#code = secrets.code;
    this.#log = log;
    this.#clock = clock;
    this.#name =
      config.name ??
      hostname()
        .replace(/[^A-Za-z0-9._-]/g, "-")
        .slice(0, 63);
    if (!NAME_PATTERN.test(this.#name)) this.#name = "host";
    this.#switch = new Switch({ name: config.server.network ?? "default", clock });
    this.#uplinkPort = this.#switch.attach(null, { name: "uplink" });
    this.#uplink = new Uplink({
      endpoint: config.server,
      clock,
      log,
      hello: () => this.#hello(),
      check: (address) => this.#refuseLoop(address),
      trust: () => this.#trust!,
      up: (session, welcome) => this.#up(session, welcome),
    });
  }

  /** Opens the device, joins, and runs until `stop`. Rejects with what makes going on impossible. */
  async run(): Promise<void> {
    const { server, state, user } = this.#config;
    const dropTo = user === undefined ? null : findUser(user);
    if (server.kind === "tls") this.#trust = openTrust(server, state);
    this.#open();
    if (dropTo !== null) this.#dropPrivileges(dropTo);
    this.#tick = setInterval(() => this.#everySecond(), TICK_MS);
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

  snapshot(): SwitchSnapshot {
    return this.#switch.snapshot();
  }

  get switch(): Switch {
    return this.#switch;
  }

  #open(): void {
    const { dev, mac, mtu, ip, bridge, persist, offload, carrierHold } = this.#config;
    const device = TapDevice.open({
      ...(dev === undefined ? {} : { name: dev }),
      ...(mac === undefined ? {} : { mac }),
      ...(mtu === undefined ? {} : { mtu }),
      ...(bridge === undefined ? {} : { bridge }),
      addresses: ip,
      persist,
      offload,
      txQueueLength: TX_QUEUE,
      carrier: false,
    });
    this.#device = device;
    if (mac === undefined) device.mac = defaultMac(device.name, this.#switch.name, this.#name);
    this.#carrier = new Carrier(
      (on) => device.carrier(on),
      carrierHold === "never" ? "never" : carrierHold * 1_000,
    );
    this.#txDropped = device.txDropped();
    this.#tapPort = this.#switch.attach(new TapLink(device), {
      name: device.name,
      closed: (_, error) =>
        this.#fail(error ?? new TapswitchError("device-gone", `${device.name} went away`)),
    });
    this.#log.info({ mac: device.mac, ip, bridge }, `opened ${device.name}`);
  }

  #dropPrivileges(user: User): void {
    if (this.#trust?.folder !== undefined) giveFolder(this.#trust.folder, user);
    becomeUser(user);
    this.#log.info({ uid: user.uid, gid: user.gid }, `became user ${user.name}`);
  }

  #hello(): Omit<Hello, "type" | "version"> {
    const { server, mtu, offload } = this.#config;
    return {
      instance: this.#instance,
      ...(server.network === undefined ? {} : { network: server.network }),
      name: this.#name,
      ...(this.#code === undefined || this.#welcome !== null ? {} : { code: this.#code }),
      // Whatever the device cannot take, this switch finishes.
      capabilities: { offload: offload ? offloadNames(ALL_OFFLOADS) : [] },
      ...(mtu === undefined ? {} : { mtu }),
      mac: this.#device.mac,
    };
  }

  #up(session: Session, welcome: Welcome): void {
    const first = this.#welcome === null;
    this.#welcome = welcome;
    this.#switch.connect(this.#uplinkPort, session, (_, error) => {
      this.#carrier.down();
      this.#uplink.lost(error);
    });
    this.#device.setOffload(session.capabilities.offload);
    if (this.#config.mtu === undefined) this.#followMtu(welcome.mtu);
    this.#carrier.up();
    for (const warning of welcome.warnings) this.#log.warn(warning);
    const { network, port, name } = welcome;
    this.#log.info(
      { network, port, name, mtu: this.#device.mtu },
      `joined ${formatEndpoint(this.#config.server)}`,
    );
    this.#facts = this.#readFacts();
    if (first) void this.#hook("up");
  }

  #followMtu(mtu: number): void {
    if (this.#device.mtu === mtu) return;
    try {
      this.#device.mtu = mtu;
      this.#tapPort.refresh();
    } catch (error) {
      this.#log.warn(
        `the network's MTU is ${mtu}, the device's ${this.#device.mtu}: ${(error as Error).message}`,
      );
    }
  }

  /** A server that is reached through our own device would have us swallow our own tail. */
  #refuseLoop(address: string): void {
    if (routeInterface(address) !== this.#device.name) return;
    throw new TapswitchError(
      "route-loop",
      `the route to the server (${address}) leaves through ${this.#device.name}, the device of this very join: ` +
        `give --ip another subnet, or add a route to ${address} through the real network`,
    );
  }

  #readFacts(): HookFacts {
    return {
      DEVICE: this.#device.name,
      MAC: this.#device.mac,
      MTU: String(this.#device.mtu),
      NETWORK: this.#welcome?.network ?? "",
      SERVER: formatEndpoint(this.#config.server),
    };
  }

  async #hook(event: "up" | "down"): Promise<void> {
    const command = this.#config[event];
    if (command !== undefined && this.#facts !== null) await runHook(command, event, this.#facts, this.#log);
  }

  #everySecond(): void {
    this.#switch.tick(this.#clock.now());
    const dropped = this.#device.txDropped();
    this.#tapPort.drop("queue", dropped - this.#txDropped);
    this.#txDropped = dropped;
  }

  async #close(): Promise<void> {
    clearInterval(this.#tick);
    this.#uplink.stop();
    if (this.#device === undefined) return;
    this.#carrier.stop();
    await this.#hook("down");
    this.#tapPort.link?.close();
    this.#device.release();
  }
}
