/** The way in of a process: its listeners, who has come by them, and how long each may be silent. */
import type { Clock } from "../../clock.js";
import type { StreamEndpoint } from "../../config/endpoint/endpoint.js";
import { takesRaw } from "../../config/exposure.js";
import type { EventHub } from "../../control/event-hub.js";
import type { StatusView } from "../../control/inspect-api.js";
import { TapswitchError } from "../../errors.js";
import type { StreamLink } from "../../link/stream.js";
import type { Host } from "../../session/accept.js";
import type { Session } from "../../session/session.js";
import type { Access } from "../access.js";
import { Lives } from "../lives.js";
import type { Log } from "../log.js";
import type { Network } from "../network/network.js";
import type { Claimed } from "../service/inherited-sockets.js";
import type { Arrival } from "./arrival.js";
import { Crowd } from "./crowd.js";
import { Doorkeeper } from "./doorkeeper.js";
import type { Listener } from "./listener.js";
import { Listeners, type Prepared } from "./listeners.js";
import { Reception } from "./reception.js";

/** Peers get this long to take their `bye` before the process ends: a little more than a farewell lingers. */
const GOODBYE_MS = 1_200;

export interface DoorLimits {
  /** Most connections at once. */
  readonly maxPorts: number;
  /** Silence after which a client is dead, milliseconds. */
  readonly keepalive: number;
}

export interface DoorOptions {
  readonly limits: DoorLimits;
  readonly clock: Clock;
  readonly log: Log;
  readonly hub: EventHub;
  /** Names of the networks; the first is for those who name none. */
  networkNames(): readonly string[];
  networks(): ReadonlyMap<string, Network>;
  /** Null where nobody is asked who they are. */
  access(): Access | null;
}

export class Door {
  readonly crowd: Crowd;
  readonly #options: DoorOptions;
  readonly #lives: Lives;
  readonly #listeners: Listeners;
  #keepalive: number;

  constructor(options: DoorOptions) {
    const { limits, clock, log, hub, access } = options;
    this.#options = options;
    this.#keepalive = limits.keepalive;
    this.crowd = new Crowd({ limit: limits.maxPorts, clock, log, hub });
    this.#lives = new Lives(limits.keepalive);
    const doorkeeper = new Doorkeeper({ clock, shutOut: (source, ms) => this.crowd.shutOut(source, ms) });
    this.#listeners = new Listeners({
      crowd: this.crowd,
      clock,
      log,
      means: () => {
        const identity = access()?.identity;
        return identity === undefined ? undefined : { identity, doorkeeper };
      },
      host: (endpoint, arrival, link) => this.#host(endpoint, arrival, link),
    });
  }

  get listeners(): readonly Listener[] {
    return this.#listeners.all;
  }

  /** Opens one more. `wanted` is what the configuration calls it. Throws `in-use`, `no-permission`, `usage`. */
  async open(wanted: StreamEndpoint, claimed: Claimed): Promise<void> {
    const listener = await this.#listeners.open(wanted, claimed);
    this.#options.log.info(
      { networks: this.#options.networkNames(), raw: takesRaw(listener.endpoint) },
      `listening on ${listener.bound}`,
    );
  }

  /** Readies all that differs from the listeners there are. Rejects, having changed nothing. */
  prepare(wanted: readonly StreamEndpoint[]): Promise<Prepared> {
    return this.#listeners.prepare(wanted);
  }

  setLimits({ maxPorts, keepalive }: DoorLimits): void {
    this.crowd.limit = maxPorts;
    if (keepalive !== this.#keepalive) this.#lives.limitMs = keepalive;
    this.#keepalive = keepalive;
  }

  /** A session has lost its port. */
  left(session: Session, error?: Error): void {
    this.#lives.forget(session);
    if (error !== undefined)
      this.#options.log.debug({ peer: session.peer, err: error.message }, "session ended");
  }

  /** Ends those who have been silent for too long. */
  tick(now: number): void {
    for (const [session, limitMs] of this.#lives.expired(now))
      session.close(new TapswitchError("timeout", `nothing heard for ${limitMs} ms`));
  }

  /** Says good-bye to every session, and resolves when they are gone or have had their time. */
  async close(why: string): Promise<void> {
    this.#listeners.close();
    for (const session of this.#lives.sessions) session.bye("shutdown", why);
    await this.crowd.disperse(GOODBYE_MS);
  }

  facts(): Pick<StatusView, "listeners" | "connections" | "turnedAway" | "ends"> {
    return { ...this.crowd.snapshot(), listeners: this.listeners.map((listener) => listener.view()) };
  }

  /** What is said to whoever came in through one listener. */
  #host(endpoint: StreamEndpoint, arrival: Arrival, link: StreamLink): Host {
    const { networkNames, networks, access } = this.#options;
    const options = {
      otherwise: networkNames()[0]!,
      networks: networks(),
      book: access()?.book ?? null,
      attached: (session: Session) => {
        this.#lives.attached(session);
        this.#listeners.attached(link, session);
      },
      heard: (session: Session) => this.#lives.heard(session),
      endedEarly: (_: StreamLink, error?: Error) => this.crowd.endedEarly(link.peer, error),
    };
    return new Reception(options, endpoint, arrival);
  }
}
