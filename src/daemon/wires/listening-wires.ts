/** Listening wires that carry no sessions: each link that comes by one gets a port, which goes when the link does. */
import type { Clock } from "../../clock.js";
import { listChange } from "../../config/changes.js";
import { type Endpoint, formatEndpoint, kindOf } from "../../config/endpoint/endpoint.js";
import { EXPOSED, isExposed } from "../../config/exposure.js";
import type { PortOptions } from "../../config/port-options.js";
import type { ListenerView } from "../../control/inspect-api.js";
import { TapswitchError } from "../../errors.js";
import type { Link } from "../../link/link.js";
import type { Port } from "../../switch/port.js";
import type { Crowd } from "../door/crowd.js";
import type { Log } from "../log.js";
import type { Network } from "../network/network.js";
import { LISTENERS } from "./openers.js";
import type { OpenedListener, OpenListener, WireHall } from "./wire-kind.js";

const OPENERS = LISTENERS as Readonly<Record<string, OpenListener<Endpoint>>>;

export interface ListeningWiresOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly crowd: Crowd;
  networks(): ReadonlyMap<string, Network>;
  /** The network of endpoints that name none. */
  otherwise(): string;
}

/** What is known of a way in. */
type Way = Pick<Endpoint, "network" | "portOptions">;

interface Open {
  readonly endpoint: Endpoint;
  readonly listener: OpenedListener;
  readonly links: Set<Link>;
}

export class ListeningWires {
  readonly #options: ListeningWiresOptions;
  #open: Open[] = [];
  /** Links that came in by the halls that others asked for. */
  readonly #guests = new Set<Link>();

  constructor(options: ListeningWiresOptions) {
    this.#options = options;
  }

  /** Throws `in-use`, `no-permission`, `usage` and others. */
  async open(endpoint: Endpoint): Promise<void> {
    this.#open.push(await this.#listen(endpoint));
  }

  /** Opens what is new. Nothing else has changed until `commit`, which says what it did. */
  async prepare(wanted: readonly Endpoint[]): Promise<{ commit(): readonly string[]; undo(): void }> {
    const present = this.#open.map(({ endpoint }) => endpoint);
    const { added, removed, changed } = listChange(present, wanted, formatEndpoint);
    const reread = this.#reread(new Set([...removed, ...changed.map(([from]) => from)]));
    const opened: Open[] = [];
    const undo = (): void => opened.forEach(closeOne);
    try {
      for (const endpoint of added) opened.push(await this.#listen(endpoint));
    } catch (error) {
      undo();
      throw error;
    }
    const commit = (): readonly string[] => {
      for (const endpoint of removed) this.#close(endpoint);
      this.#open.push(...opened);
      for (const { take } of reread) take();
      for (const [from, to] of changed) this.#reopen(from, to);
      return [
        ...opened.map(({ listener }) => `listen: added ${listener.bound}`),
        ...changed.map(([, to]) => `listen: changed ${formatEndpoint(to)}`),
        ...removed.map((endpoint) => `listen: removed ${formatEndpoint(endpoint)}`),
        ...reread.map(({ listener }) => `files of ${listener.bound}`),
      ];
    };
    return { commit, undo };
  }

  /** What has changed in the files of listeners that are not `touched` otherwise. */
  #reread(
    touched: ReadonlySet<Endpoint>,
  ): { readonly take: () => void; readonly listener: OpenedListener }[] {
    return this.#open.flatMap(({ endpoint, listener }) => {
      const take = touched.has(endpoint) ? null : (listener.reread?.() ?? null);
      return take === null ? [] : [{ take, listener }];
    });
  }

  views(): ListenerView[] {
    return this.#open.map(({ endpoint, listener }) => ({
      url: listener.bound,
      raw: true,
      encrypted: kindOf(endpoint).isEncrypted === true,
      exposed: isExposed(endpoint),
    }));
  }

  /** Where links may come in that some other listener takes; null where there is no such network. */
  hall(network: string): WireHall | null {
    if (!this.#options.networks().has(network)) return null;
    return this.#hall({ network, portOptions: {} }, this.#guests);
  }

  close(): void {
    for (const link of this.#guests) link.close();
    this.#open.forEach(closeOne);
    this.#open = [];
  }

  async #listen(endpoint: Endpoint): Promise<Open> {
    const { log } = this.#options;
    const links = new Set<Link>();
    const listener = await OPENERS[endpoint.kind]!(endpoint, this.#hall(endpoint, links));
    log.info(`listening on ${listener.bound}`);
    if (isExposed(endpoint)) log.warn(`${listener.bound} ${EXPOSED}`);
    return { endpoint, listener, links };
  }

  #hall(endpoint: Way, links: Set<Link>): WireHall {
    const { clock, log, crowd, otherwise } = this.#options;
    const network = endpoint.network ?? otherwise();
    return {
      ...{ clock, log, network, mtu: this.#options.networks().get(network)?.mtu ?? 0 },
      hasRoom: () => crowd.hasRoom(),
      take: (link, own = {}) => this.#take(link, links, endpoint, own),
      refused: (peer, error) => crowd.unproven(peer, error),
    };
  }

  #take(link: Link, links: Set<Link>, endpoint: Way, own: PortOptions): Port {
    const { crowd, networks, otherwise } = this.#options;
    const name = endpoint.network ?? otherwise();
    const network = networks().get(name);
    if (network === undefined)
      throw new TapswitchError("unknown-network", `there is no network '${name}' here`);
    const { events } = network.watched;
    const port = network.addPort(link.kind, { ...endpoint.portOptions, ...own });
    links.add(link);
    crowd.came(link);
    network.switch.connect(port, link, (_, error) => {
      network.switch.detach(port);
      links.delete(link);
      crowd.left(link, error);
      events.portDown(port, link, error?.message ?? "the far end closed it");
    });
    events.portUp(port, link);
    return port;
  }

  /** Another listener at the same place: the earlier one has to go first. */
  #reopen(from: Endpoint, to: Endpoint): void {
    this.#close(from);
    this.open(to).catch((error: Error) => this.#options.log.error(error.message));
  }

  #close(endpoint: Endpoint): void {
    const found = this.#open.findIndex((one) => one.endpoint === endpoint);
    for (const one of this.#open.splice(found, 1)) closeOne(one);
  }
}

function closeOne({ listener, links }: Open): void {
  listener.close();
  for (const link of links) link.close();
}
