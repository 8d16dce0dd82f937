/**
 * A session that this process keeps open to a server, for ever: it connects, reconnects with a growing pause, and
 * logs each change of state once rather than each try. Only before the first welcome ever is there a reason to give
 * up: a refusal that no waiting can heal. After it even "unknown network" may be a server in the middle of an upgrade.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../clock.js";
import { formatEndpoint, type StreamEndpoint } from "../../config/endpoint/endpoint.js";
import { type ErrorCode, TapswitchError } from "../../errors.js";
import type { StreamLink } from "../../link/stream.js";
import type { Hello, Settings, Welcome } from "../../session/messages.js";
import { openSession } from "../../session/open.js";
import type { Session } from "../../session/session.js";
import type { Log } from "../log.js";
import { Backoff } from "./backoff.js";
import { dial } from "./dial.js";
import type { ServerTrust } from "./server-trust.js";

/** Refusals that waiting does not heal. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "version",
  "unknown-network",
  "route-loop",
  "native-only",
  "protocol",
  "unknown-server",
  "wrong-pin",
  "bad-state",
  "bad-invite",
  "invite-expired",
  "invite-used",
  "not-a-member",
  "revoked",
  "not-authenticated",
  "usage",
]);
/** Refusals that someone must do something about first: trying often helps nobody. */
const PATIENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["already-connected", "revoked", "not-a-member"]);
/** A ping is due this many times within the server's limit of silence. */
const PINGS_PER_LIMIT = 3;
/** Only a session that has lasted this long ends the growth of the pause: a server may welcome and fail at once. */
const STEADY_MS = 5_000;
/** Different reasons that are logged while the server is away: two that take turns are no news. */
const MAX_SAID = 16;

export interface UplinkOptions {
  readonly endpoint: StreamEndpoint;
  readonly clock: Clock;
  readonly log: Log;
  /** What to say, asked before each hello. */
  hello(): Omit<Hello, "type" | "version">;
  /** Throws to refuse a server's address. */
  check(address: string): void;
  /** How the server proves who it is, asked before each try; needed for TLS. */
  trust?(): ServerTrust;
  /** The server has changed something. */
  changed?(settings: Settings): void;
  /** A session is open: start it. It ends by its own `close` event, after which `lost` is to be called. */
  up(session: Session, welcome: Welcome): void;
}

/** How it stands with a server. */
export interface UplinkSnapshot {
  readonly state: "connecting" | "up" | "waiting";
  /** Since when, in milliseconds of the clock. */
  readonly since: number;
  /** Round trip of the last ping of this session. */
  readonly rttMs: number | null;
  /** Sessions after the first. */
  readonly reconnects: number;
  /** Why the last session ended, or could not be opened. */
  readonly lastError: string | null;
}

export class Uplink {
  readonly #options: UplinkOptions;
  readonly #backoff = new Backoff();
  readonly #stopping = new AbortController();
  /** The connection that has no answer to its hello yet. */
  #opening: StreamLink | null = null;
  #session: Session | null = null;
  #state: UplinkSnapshot["state"] = "connecting";
  #since: number;
  #sessions = 0;
  #lastError: string | null = null;
  #lost: ((error?: Error) => void) | null = null;
  /** What was logged since the last welcome. */
  readonly #said = new Set<string>();

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#since = options.clock.now();
  }

  get session(): Session | null {
    return this.#session;
  }

  snapshot(): UplinkSnapshot {
    return {
      state: this.#state,
      since: this.#since,
      rttMs: this.#session?.rttMs ?? null,
      reconnects: Math.max(0, this.#sessions - 1),
      lastError: this.#lastError,
    };
  }

  /** Runs until `stop`. Rejects only before the first welcome, with a refusal that cannot heal. */
  async run(): Promise<void> {
    for (let welcomed = false; !this.#stopping.signal.aborted; ) {
      try {
        await this.#once(() => {
          welcomed = true;
        });
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        if (!(error instanceof TapswitchError)) throw error;
        if (!welcomed && FINAL.has(error.code)) throw error;
        if (PATIENT.has(error.code)) this.#backoff.exhaust();
        this.#say(error);
      }
      this.#turn("waiting");
      await sleep(this.#backoff.next(), undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  /** The session that `up` started has ended. */
  lost(error?: Error): void {
    this.#lost?.(error);
  }

  /** Ends the session that there is; another one follows. */
  kick(reason: string): void {
    this.#session?.bye("kicked", reason);
    this.#lost?.(new TapswitchError("bye", reason));
  }

  /** Says good-bye and ends `run`. */
  stop(): void {
    this.#stopping.abort();
    this.#opening?.close();
    this.#session?.bye("leaving", "the client is leaving");
    this.#lost?.();
  }

  /** One session from beginning to end. */
  async #once(welcomed: () => void): Promise<void> {
    const { endpoint, clock, check, hello } = this.#options;
    const trust = this.#options.trust?.();
    this.#turn("connecting");
    const link = await dial(endpoint, { check, trust, signal: this.#stopping.signal });
    this.#opening = link;
    try {
      const { session, welcome } = await openSession(link, hello(), clock, (settings) =>
        this.#options.changed?.(settings),
      );
      this.#opening = null;
      if (this.#stopping.signal.aborted) return session.bye("leaving", "the client is leaving");
      welcomed();
      this.#said.clear();
      await this.#live(session, welcome);
    } catch (error) {
      link.close();
      throw error;
    }
  }

  async #live(session: Session, welcome: Welcome): Promise<void> {
    const since = this.#options.clock.now();
    const ended = new Promise<Error | undefined>((resolve) => {
      this.#lost = resolve;
    });
    this.#session = session;
    this.#sessions++;
    this.#turn("up");
    this.#options.up(session, welcome);
    // Whoever looks wants to know the way's length, not only after the first silence.
    session.ping();
    const pinging = setInterval(
      () => this.#ping(session, welcome.keepaliveMs),
      welcome.keepaliveMs / PINGS_PER_LIMIT,
    );
    const error = await ended;
    clearInterval(pinging);
    if (this.#options.clock.now() - since >= STEADY_MS) this.#backoff.reset();
    this.#session = null;
    this.#lost = null;
    if (!this.#stopping.signal.aborted)
      this.#say(error ?? new TapswitchError("unreachable", "the server closed the connection"));
  }

  #ping(session: Session, limitMs: number): void {
    if (this.#options.clock.now() - session.heardAt < limitMs) session.ping();
    else session.close(new TapswitchError("timeout", `nothing heard from the server for ${limitMs} ms`));
  }

  #turn(state: UplinkSnapshot["state"]): void {
    this.#state = state;
    this.#since = this.#options.clock.now();
  }

  #say(error: Error): void {
    this.#lastError = error.message;
    const isNews = !this.#said.has(error.message) && this.#said.size < MAX_SAID;
    if (isNews) this.#said.add(error.message);
    this.#options.log[isNews ? "warn" : "debug"](
      `${formatEndpoint(this.#options.endpoint)}: ${error.message}; trying again`,
    );
  }
}
