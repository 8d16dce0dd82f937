/** All listeners of a server, and who came in by which: what a reload opens, closes and changes. */
import type { Clock } from "../../clock.js";
import { changesCertificates, leadsElsewhere, listChange, listenerName } from "../../config/changes.js";
import type { StreamEndpoint } from "../../config/endpoint/endpoint.js";
import type { UnixEndpoint } from "../../config/endpoint/unix.js";
import { EXPOSED, isExposed, takesRaw } from "../../config/exposure.js";
import type { StreamLink } from "../../link/stream.js";
import { groupId, setRights } from "../../link/unix-path.js";
import { acceptSession, type Host } from "../../session/accept.js";
import type { Session } from "../../session/session.js";
import type { Log } from "../log.js";
import type { Farewell } from "../network/network.js";
import type { Claimed } from "../service/inherited-sockets.js";
import type { Arrival } from "./arrival.js";
import type { Crowd } from "./crowd.js";
import { Listener, type ListenerEvents, type TlsMeans } from "./listener.js";

const MOVED: Farewell = {
  code: "moved",
  message: "the way in by which this client came was taken away or changed",
};

export interface ListenersOptions {
  readonly crowd: Crowd;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined while this server has no identity. */
  means(): TlsMeans | undefined;
  /** What is said to whoever came in by an endpoint. */
  host(endpoint: StreamEndpoint, arrival: Arrival, link: StreamLink): Host;
}

/** What the configuration says, and what listens there. */
interface Open {
  readonly wanted: StreamEndpoint;
  readonly listener: Listener;
}

interface Guest {
  readonly listener: Listener;
  session: Session | null;
}

export interface Committed {
  /** What was done. */
  readonly applied: readonly string[];
  /** Whether a CA, its revocations, or a certificate is another one. */
  readonly certificates: boolean;
}

export interface Prepared {
  commit(): Committed;
  undo(): void;
}

export class Listeners {
  readonly #options: ListenersOptions;
  readonly #guests = new Map<StreamLink, Guest>();
  #open: readonly Open[] = [];

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  get all(): readonly Listener[] {
    return this.#open.map(({ listener }) => listener);
  }

  /** Opens one, in addition to those that there are. `wanted` is what the configuration calls it. */
  async open(wanted: StreamEndpoint, claimed: Claimed): Promise<Listener> {
    const listener = await this.#listen(claimed);
    this.#open = [...this.#open, { wanted, listener }];
    return listener;
  }

  /** The connection has become a session. */
  attached(link: StreamLink, session: Session): void {
    const guest = this.#guests.get(link);
    if (guest !== undefined) guest.session = session;
  }

  /**
   * Readies all that differs: opens what is new, and reads files. Nothing has changed for anyone until `commit`, which
   * says what it did. Rejects, leaving all as it was, where something cannot be had.
   */
  async prepare(wanted: readonly StreamEndpoint[]): Promise<Prepared> {
    const { added, removed, changed } = listChange(
      this.#open.map((open) => open.wanted),
      wanted,
      listenerName,
    );
    const changes = changed.map(([from, to]) => this.#change(from, to));
    const touched = new Set([...removed, ...changed.map(([from]) => from)]);
    const reread = this.#open.flatMap(({ wanted: endpoint, listener }) => {
      const take = touched.has(endpoint) ? null : listener.reread();
      return take === null ? [] : [{ take, listener }];
    });
    const opened = await this.#openAll(added);
    const commit = (): Committed => {
      const gone = removed.map((endpoint) => this.#close(endpoint));
      const other = changes.map((change) => change());
      const fresh = opened.map(({ listener }) => `listen: added ${listener.bound}`);
      for (const { take } of reread) take();
      const files = reread.map(({ listener }) => `certificates of ${listener.bound}`);
      this.#open = this.#arranged(wanted, opened);
      const certificates = files.length > 0 || changed.some(([from, to]) => changesCertificates(from, to));
      return { applied: [...fresh, ...other, ...gone, ...files], certificates };
    };
    return { commit, undo: () => closeAll(opened) };
  }

  close(): void {
    closeAll(this.#open);
  }

  /** Opens all or none. */
  async #openAll(endpoints: readonly StreamEndpoint[]): Promise<Open[]> {
    const opened: Open[] = [];
    try {
      for (const wanted of endpoints)
        opened.push({ wanted, listener: await this.#listen({ endpoint: wanted, fd: undefined }) });
      return opened;
    } catch (error) {
      closeAll(opened);
      throw error;
    }
  }

  async #listen(claimed: Claimed): Promise<Listener> {
    const { crowd, clock, log, host, means } = this.#options;
    const events: ListenerEvents = {
      room: () => crowd.hasRoom(),
      accept: (link, arrival) => {
        // Others may have come while this one was in its handshake.
        if (!crowd.hasRoom()) return link.close();
        crowd.came(link);
        this.#guests.set(link, { listener, session: null });
        const { endpoint } = listener;
        acceptSession(link, { host: host(endpoint, arrival, link), clock, raw: takesRaw(endpoint) });
      },
      ended: (link, error) => {
        this.#guests.delete(link);
        crowd.left(link, error);
      },
      unproven: (peer, error) => crowd.unproven(peer, error),
      failed: (error) => crowd.notTaken(error),
    };
    const listener = await Listener.open(claimed, events, means());
    if (isExposed(claimed.endpoint)) log.warn(`${listener.bound} ${EXPOSED}`);
    return listener;
  }

  #change(from: StreamEndpoint, to: StreamEndpoint): () => string {
    const listener = this.#listenerOf(from);
    const real = atPlaceOf(listener.endpoint, to);
    if (real.kind === "unix" && real.group !== undefined) groupId(real.group);
    const take = listener.prepare(real, this.#options.means());
    return () => {
      take();
      if (real.kind === "unix" && real.fd === undefined) this.#setRights(real);
      if (isExposed(real)) this.#options.log.warn(`${listener.bound} ${EXPOSED}`);
      if (leadsElsewhere(from, to)) this.#sendAway(listener);
      return `listen: changed ${listener.bound}`;
    };
  }

  #close(endpoint: StreamEndpoint): string {
    const listener = this.#listenerOf(endpoint);
    const what = `listen: removed ${listener.bound}`;
    listener.close();
    this.#sendAway(listener);
    return what;
  }

  #sendAway(listener: Listener): void {
    for (const [link, guest] of this.#guests) {
      if (guest.listener !== listener) continue;
      if (guest.session === null) link.close();
      else guest.session.bye(MOVED.code, MOVED.message);
    }
  }

  #listenerOf(wanted: StreamEndpoint): Listener {
    return this.#open.find((open) => open.wanted === wanted)!.listener;
  }

  /** In the order of the configuration. */
  #arranged(wanted: readonly StreamEndpoint[], opened: readonly Open[]): Open[] {
    const earlier = new Map(
      this.#open.map((open, index) => [listenerName(open.wanted, index), open.listener]),
    );
    const fresh = new Map(opened.map((open) => [open.wanted, open.listener]));
    return wanted.map((endpoint, index) => ({
      wanted: endpoint,
      listener: fresh.get(endpoint) ?? earlier.get(listenerName(endpoint, index))!,
    }));
  }

  /** What is left away is as the kernel makes it. */
  #setRights({ path, mode, group }: UnixEndpoint): void {
    try {
      const [all, own] = [0o777 & ~process.umask(), String(process.getgid!())];
      setRights({ path, mode: mode ?? all, group: group ?? own });
    } catch (error) {
      this.#options.log.error((error as Error).message);
    }
  }
}

/** The endpoint at the address where another one listens: an inherited socket may be elsewhere than it is said. */
function atPlaceOf(at: StreamEndpoint, endpoint: StreamEndpoint): StreamEndpoint {
  if (at.kind === "unix") return endpoint.kind === "unix" ? { ...endpoint, path: at.path } : endpoint;
  return endpoint.kind === "unix" ? endpoint : { ...endpoint, host: at.host, port: at.port };
}

function closeAll(opened: readonly Open[]): void {
  for (const { listener } of opened) listener.close();
}
