/** One connection to another switch as a link, for a program that embeds one. */
import { randomBytes } from "node:crypto";
import { type Clock, monotonicClock } from "../../clock.js";
import { parseEndpoint } from "../../config/endpoint/endpoint.js";
import { TapswitchError } from "../../errors.js";
import { ALL_OFFLOADS, offloadNames } from "../../frame/offload.js";
import type { Link, LinkCapabilities, LinkEvents, Sent } from "../../link/link.js";
import type { Hello, Welcome } from "../../session/messages.js";
import { openSession } from "../../session/open.js";
import type { Session } from "../../session/session.js";
import { hostName } from "../device/host-name.js";
import { dial } from "../uplink/dial.js";
import { openTrust } from "../uplink/server-trust.js";

/** A ping is due this many times within the server's limit of silence. */
const PINGS_PER_LIMIT = 3;

export interface ConnectOptions {
  /** What the port at the server is to be called. Default: this host's name. */
  readonly name?: string;
  /** Folder of this program's key and of the servers that it knows; for `tls:`. Default: that of `tapswitch join`. */
  readonly state?: string;
  /** Takes large segments and unfinished checksums, which a switch finishes for those who do not. Default true. */
  readonly offload?: boolean;
  /** Ends the attempt. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** A session with a server, as a link. It ends when the session does; `addUplink` comes back. */
export class Connection implements Link {
  /** What the server said: network, port, name, MTU and what was granted. */
  readonly welcome: Welcome;
  readonly #session: Session;
  readonly #pinging: NodeJS.Timeout;

  constructor(session: Session, welcome: Welcome, clock: Clock) {
    const { keepaliveMs } = welcome;
    this.welcome = welcome;
    this.#session = session;
    this.#pinging = setInterval(() => {
      if (clock.now() - session.heardAt < keepaliveMs) session.ping();
      else session.close(new TapswitchError("timeout", `nothing heard for ${keepaliveMs} ms`));
    }, keepaliveMs / PINGS_PER_LIMIT);
  }

  get kind(): string {
    return this.#session.kind;
  }

  get peer(): string {
    return this.#session.peer;
  }

  get capabilities(): LinkCapabilities {
    return this.#session.capabilities;
  }

  start(events: LinkEvents): void {
    this.#session.start({
      batch: (batch) => events.batch(batch),
      drain: () => events.drain(),
      dropped: (reason, frames) => events.dropped(reason, frames),
      close: (error) => {
        clearInterval(this.#pinging);
        events.close(error);
      },
    });
  }

  send(bytes: Buffer, start: number, end: number): Sent {
    return this.#session.send(bytes, start, end);
  }

  pause(): void {
    this.#session.pause();
  }

  resume(): void {
    this.#session.resume();
  }

  /** Says good-bye, unless there is an error. */
  close(error?: Error): void {
    clearInterval(this.#pinging);
    if (error === undefined) this.#session.bye("leaving", "the client is leaving");
    else this.#session.close(error);
  }
}

/**
 * Joins the network of a server, `tls://`, `tcp://` or `unix://`. Rejects with `bad-endpoint`, `unreachable`, and with what
 * the server refused by.
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Connection> {
  const { signal, clock = monotonicClock } = options;
  const endpoint = parseEndpoint(url);
  const trust = endpoint.kind === "tls" ? openTrust(endpoint, options.state) : undefined;
  const link = await dial(endpoint, { trust, ...(signal && { signal }) });
  const { session, welcome } = await openSession(link, helloOf(endpoint, options), clock);
  return new Connection(session, welcome, clock);
}

/** What a program says of itself; `instance` stays that of the process that it says it for. */
export function helloOf(
  { network }: { readonly network: string | undefined },
  { name, offload = true }: ConnectOptions,
): Omit<Hello, "type" | "version"> {
  return {
    instance: randomBytes(16).toString("hex"),
    ...(network === undefined ? {} : { network }),
    name: name ?? hostName(),
    capabilities: { offload: offload ? offloadNames(ALL_OFFLOADS) : [] },
  };
}
