/** `tapswitch serve`: listeners, networks, and the sessions between them. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, monotonicClock } from "../clock.js";
import { type Endpoint, formatEndpoint, isLoopback } from "../config/endpoint.js";
import type { ServeConfig } from "../config/serve-config.js";
import { errnoOf, TapswitchError } from "../errors.js";
import type { StreamLink } from "../link/stream.js";
import { acceptSession, type Grant, type Host } from "../session/accept.js";
import { Liveness } from "../session/liveness.js";
import type { Hello } from "../session/messages.js";
import type { Session } from "../session/session.js";
import type { SwitchSnapshot } from "../switch/switch.js";
import { Listener } from "./listener.js";
import type { Log } from "./log.js";
import { LogLimiter } from "./log-limiter.js";
import { Network } from "./network.js";

const TICK_MS = 1_000;
/** Peers get this long to take their `bye` before the process ends: a little more than a farewell lingers. */
const GOODBYE_MS = 1_200;
const GLANCE_MS = 20;

export interface ServerSnapshot {
  /** Open connections, silent and half-open ones included. */
  readonly connections: number;
  /** Connections closed at once because there was no room. */
  readonly turnedAway: number;
  /** How connections ended, by error code; "end" is an orderly one. */
  readonly ends: Readonly<Record<string, number>>;
  readonly networks: readonly SwitchSnapshot[];
}

export class Server {
  readonly #config: ServeConfig;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #limiter: LogLimiter;
  readonly #networks = new Map<string, Network>();
  readonly #liveness: Liveness;
  readonly #listeners: Listener[] = [];
  /** Open connections, whether they are sessions yet or not. */
  readonly #links = new Set<StreamLink>();
  readonly #sessions = new Set<Session>();
  readonly #ends: Record<string, number> = {};
  #turnedAway = 0;
  #tick: NodeJS.Timeout | undefined;

  constructor(config: ServeConfig, log: Log, clock: Clock = monotonicClock) {
    this.#config = config;
    this.#log = log;
    this.#clock = clock;
    this.#limiter = new LogLimiter(clock);
    this.#liveness = new Liveness(config.keepalive);
    for (const name of config.network) {
      const left = (session: Session, error?: Error): void => this.#left(session, error);
      this.#networks.set(name, new Network(name, { config, clock, log, left }));
    }
  }

  /** Opens every listener, or none. */
  async start(): Promise<void> {
    for (const endpoint of this.#config.listen) refuseExposed(endpoint, this.#config.insecure);
    try {
      for (const endpoint of this.#config.listen) await this.#listen(endpoint);
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
    // People wait here, so this is the time on the wall, whatever clock was passed in.
    const deadline = monotonicClock.now() + GOODBYE_MS;
    while (this.#links.size > 0 && monotonicClock.now() < deadline) await sleep(GLANCE_MS);
    for (const link of this.#links) link.close();
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
      connections: this.#links.size,
      turnedAway: this.#turnedAway,
      ends: { ...this.#ends },
      networks: [...this.#networks.values()].map((network) => network.switch.snapshot()),
    };
  }

  async #listen(endpoint: Endpoint): Promise<void> {
    const pinned = endpoint.network;
    if (pinned !== undefined && !this.#networks.has(pinned)) {
      const fix = `declare it with --network ${pinned}`;
      throw new TapswitchError("usage", `${formatEndpoint(endpoint)} names network '${pinned}': ${fix}`);
    }
    const raw = endpoint.raw ?? (endpoint.kind === "unix" || isLoopback(endpoint.host));
    const listener = await Listener.open(endpoint, {
      room: () => this.#hasRoom(),
      accept: (link) => {
        this.#links.add(link);
        acceptSession(link, { host: this.#host(endpoint), clock: this.#clock, raw });
      },
      ended: (link, error) => {
        this.#links.delete(link);
        this.#countEnd(error);
      },
      failed: (error) => this.#notTaken(error),
    });
    this.#listeners.push(listener);
    if (isExposed(endpoint)) this.#log.warn(`${listener.bound} ${EXPOSED}`);
    this.#log.info(
      { networks: this.#config.network, raw, mtu: this.#config.mtu },
      `listening on ${listener.bound}`,
    );
  }

  #hasRoom(): boolean {
    if (this.#links.size < this.#config.maxPorts) return true;
    this.#turnedAway++;
    this.#limiter.note("turned-away", (leftOut) =>
      this.#log.warn({ limit: this.#config.maxPorts, leftOut }, "connection turned away: raise --max-ports"),
    );
    return false;
  }

  #notTaken(error: Error): void {
    this.#limiter.note("not-taken", (leftOut) =>
      this.#log.warn(
        { why: error.message, leftOut },
        "connection not taken: raise the limits of this process",
      ),
    );
  }

  /** What this server says to those who come through one listener. */
  #host(endpoint: Endpoint): Host {
    return {
      admit: async (hello) => this.#admit(hello, endpoint),
      attach: (session, hello, grant) => {
        const network = this.#networks.get(grant.network)!;
        this.#sessions.add(session);
        this.#liveness.heard(session);
        return network.attach(session, hello);
      },
      attachRaw: (session) => {
        const network = this.#networks.get(endpoint.network ?? this.#config.network[0]!)!;
        this.#sessions.add(session);
        network.attachRaw(session);
      },
      heard: (session) => this.#liveness.heard(session),
      ended: (link, error) => this.#endedEarly(link, error),
    };
  }

  #admit(hello: Hello, endpoint: Endpoint): Grant {
    const network = hello.network ?? endpoint.network ?? this.#config.network[0]!;
    const known = endpoint.network === undefined ? this.#networks.has(network) : network === endpoint.network;
    if (known) return { network };
    throw new TapswitchError(
      "unknown-network",
      `there is no network '${network}' here: ask whoever runs the server`,
    );
  }

  #left(session: Session, error?: Error): void {
    this.#sessions.delete(session);
    this.#liveness.forget(session);
    if (error !== undefined) this.#log.debug({ peer: session.peer, err: error.message }, "session ended");
  }

  #endedEarly(link: StreamLink, error?: Error): void {
    const why = error?.message ?? "the peer closed the connection";
    this.#limiter.note(`early-${endCode(error)}`, (leftOut) =>
      this.#log.warn({ peer: link.peer, why, leftOut }, "connection ended before it had a port"),
    );
  }

  #countEnd(error?: Error): void {
    const code = endCode(error);
    this.#ends[code] = (this.#ends[code] ?? 0) + 1;
  }

  #everySecond(): void {
    const now = this.#clock.now();
    for (const session of this.#liveness.expired(now)) {
      session.close(new TapswitchError("timeout", `nothing heard for ${this.#liveness.limitMs} ms`));
    }
    for (const network of this.#networks.values()) network.switch.tick(now);
  }
}

/** Bounded: our own codes, the kernel's errnos, and "end". */
function endCode(error?: Error): string {
  if (error === undefined) return "end";
  return error instanceof TapswitchError ? error.code : (errnoOf(error) ?? "system");
}

/** What it means that a listener is exposed. */
const EXPOSED =
  "faces the network without encryption or access control: anyone who reaches it can read and inject every frame";

function isExposed(endpoint: Endpoint): boolean {
  return endpoint.kind === "tcp" && !isLoopback(endpoint.host);
}

function refuseExposed(endpoint: Endpoint, insecure: boolean): void {
  if (insecure || !isExposed(endpoint)) return;
  throw new TapswitchError(
    "usage",
    `${formatEndpoint(endpoint)} ${EXPOSED}. Give --insecure if that network is trusted, or listen on 127.0.0.1`,
  );
}
