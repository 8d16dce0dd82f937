/**
 * One attached wire, for as long as it is wanted: its port is there from the beginning and keeps number, name and
 * counters while the far end goes and comes. It is tried again with a growing pause, for ever; only at its beginning
 * is there a reason to give up: a mistake that no waiting heals.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../clock.js";
import { type EndpointIn, formatEndpoint } from "../../config/endpoint/endpoint.js";
import type { WireView } from "../../control/wire-api.js";
import { type ErrorCode, TapswitchError } from "../../errors.js";
import type { Port } from "../../switch/port.js";
import type { Log } from "../log.js";
import type { Network } from "../network/network.js";
import { Backoff } from "../uplink/backoff.js";
import { WIRES } from "./openers.js";
import { portName } from "./port-name.js";
import type { OpenedWire, OpenWire, WirePlace } from "./wire-kind.js";

export type AttachEndpoint = EndpointIn<"attach">;

/** What waiting does not heal. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "usage",
  "bad-endpoint",
  "no-permission",
  "missing",
  "in-use",
  "device-busy",
  "route-loop",
]);
/** Only a link that has lasted this long ends the growth of the pause. */
const STEADY_MS = 5_000;

export interface WireOptions {
  readonly endpoint: AttachEndpoint;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Log;
  readonly servers: WirePlace["servers"];
  /** Who asked for it. */
  readonly source: WireView["source"];
}

export class Wire {
  readonly endpoint: AttachEndpoint;
  readonly network: Network;
  readonly port: Port;
  readonly #options: WireOptions;
  readonly #backoff = new Backoff();
  readonly #stopping = new AbortController();
  #opened: OpenedWire | null = null;
  /** Resolves when the link at hand has ended. */
  #ended: Promise<Error | undefined> | null = null;
  #state: WireView["state"] = "connecting";
  #since: number;
  /** As the far end was told it last. */
  #mtu: number;
  #links = 0;
  #failures = 0;
  #lastError: string | null = null;

  constructor(options: WireOptions) {
    const { endpoint, network, clock } = options;
    this.#options = options;
    this.endpoint = endpoint;
    this.network = network;
    this.#since = clock.now();
    this.#mtu = network.mtu;
    this.port = network.addPort(portName(endpoint), endpoint.portOptions);
  }

  /**
   * Opens it, and keeps it open from then on. Resolves after the first try, however that went; but where `isStrict`
   * says so by then, it rejects with what no waiting heals, and it is as if it had never been.
   */
  async begin(isStrict: () => boolean = () => false): Promise<void> {
    const error = await this.#try();
    if (error !== null && isFinal(error) && isStrict()) {
      this.#leave();
      throw error;
    }
    if (error !== null) this.#failed(error);
    void this.#keep();
  }

  view(): WireView {
    const { clock, source } = this.#options;
    return {
      url: formatEndpoint(this.endpoint),
      kind: this.endpoint.kind,
      network: this.network.name,
      port: this.port.id,
      portName: this.port.name,
      state: this.#state,
      since: new Date(Date.now() - clock.now() + this.#since).toISOString(),
      reconnects: Math.max(0, this.#links - 1),
      failures: this.#failures,
      lastError: this.#lastError,
      source,
    };
  }

  /** Throws where sessions with a server at this IP address would run through it. */
  refuseLoop(address: string): void {
    this.#opened?.refuseLoop?.(address);
  }

  /** About once a second. */
  tick(): void {
    this.#opened?.tick?.(this.port);
    const { mtu } = this.network;
    if (mtu === this.#mtu) return;
    this.#mtu = mtu;
    try {
      this.#opened?.followMtu?.(mtu, this.port);
    } catch (error) {
      this.#options.log.warn(`${this.#name}: the network's MTU is ${mtu} now: ${(error as Error).message}`);
    }
  }

  /** Ends it for good, with its port. */
  close(why: string): void {
    const opened = this.#opened;
    this.#stopping.abort();
    this.#leave();
    opened?.link.close();
    if (opened !== null) this.network.watched.events.portDown(this.port, { peer: this.#name }, why);
  }

  get #name(): string {
    return formatEndpoint(this.endpoint);
  }

  #leave(): void {
    this.network.switch.detach(this.port);
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      if (this.#ended !== null) await this.#live(this.#ended);
      if (signal.aborted) return;
      this.#turn("waiting");
      await sleep(this.#backoff.next(), undefined, { signal }).catch(() => undefined);
      const error = signal.aborted ? null : await this.#try();
      if (error !== null && !signal.aborted) this.#failed(error);
    }
  }

  async #live(ended: Promise<Error | undefined>): Promise<void> {
    const since = this.#options.clock.now();
    const error = await ended;
    this.#ended = null;
    if (this.#options.clock.now() - since >= STEADY_MS) this.#backoff.reset();
    if (this.#stopping.signal.aborted) return;
    this.#lastError = error?.message ?? "the far end closed it";
    this.network.watched.events.portDown(this.port, { peer: this.#name }, this.#lastError);
  }

  /** Opens it once. Answers why it could not. */
  async #try(): Promise<Error | null> {
    const { clock, log, servers } = this.#options;
    const { signal } = this.#stopping;
    this.#turn("connecting");
    this.#mtu = this.network.mtu;
    try {
      const open = WIRES[this.endpoint.kind] as OpenWire<AttachEndpoint>;
      const place = { clock, log, servers, network: this.network.name, mtu: this.#mtu, signal };
      const opened = await open(this.endpoint, place);
      if (signal.aborted) opened.link.close();
      else this.#connect(opened);
      return null;
    } catch (error) {
      return error as Error;
    }
  }

  #connect(opened: OpenedWire): void {
    this.#opened = opened;
    this.#links++;
    this.#turn("up");
    this.#ended = new Promise((resolve) => {
      this.network.switch.connect(this.port, opened.link, (_, error) => {
        this.#opened = null;
        resolve(error);
      });
    });
    this.network.watched.events.portUp(this.port, opened.link);
  }

  /** Each reason is told once until it is up again. */
  #failed(error: Error): void {
    this.#failures++;
    const isNews = this.#lastError !== error.message;
    this.#lastError = error.message;
    if (isFinal(error)) this.#backoff.exhaust();
    this.#options.log[isNews ? "warn" : "debug"](`${this.#name}: ${error.message}; trying again`);
    if (isNews)
      this.network.watched.events.publish(
        "wire-failed",
        { port: this.port.name },
        `${this.#name}: ${error.message}`,
      );
  }

  #turn(state: WireView["state"]): void {
    this.#state = state;
    this.#since = this.#options.clock.now();
  }
}

function isFinal(error: Error): boolean {
  return error instanceof TapswitchError && FINAL.has(error.code);
}
