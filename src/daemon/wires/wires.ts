/** All attached wires of a process: those of its configuration, and those that were added while it runs. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../clock.js";
import { listChange } from "../../config/changes.js";
import { formatEndpoint, kindOf } from "../../config/endpoint/endpoint.js";
import type { WireView } from "../../control/wire-api.js";
import { TapswitchError } from "../../errors.js";
import type { Log } from "../log.js";
import type { Network } from "../network/network.js";
import { type AttachEndpoint, Wire } from "./wire.js";

/** Wires of one process: nobody attaches more by hand, and a script that goes wrong stops here. */
export const MAX_WIRES = 1_024;

/** The start waits no longer than this for far ends that do not answer. */
const FIRST_TRIES_MS = 5_000;

const TAKEN_AWAY = "this wire was taken away";

export interface WiresOptions {
  readonly clock: Clock;
  readonly log: Log;
  networks(): ReadonlyMap<string, Network>;
  /** The network of wires that name none. */
  otherwise(): string;
  /** IP addresses of the servers that this process joins, where it joins any. */
  servers?(): Promise<readonly string[]>;
}

export class Wires {
  readonly #options: WiresOptions;
  #wires: Wire[] = [];

  constructor(options: WiresOptions) {
    this.#options = options;
  }

  /** Opens those of the configuration. Rejects with what no waiting heals; others are tried again. */
  async start(wanted: readonly AttachEndpoint[]): Promise<void> {
    const enough = new AbortController();
    const isStrict = (): boolean => !enough.signal.aborted;
    const tries = wanted.map((endpoint) => this.#add(endpoint, "config").begin(isStrict));
    const time = sleep(FIRST_TRIES_MS, undefined, { signal: enough.signal }).catch(() => undefined);
    await Promise.race([Promise.all(tries), time]).finally(() => enough.abort());
  }

  /** Adds one while the process runs. Resolves after the first try. Rejects with what no waiting heals. */
  async attach(endpoint: AttachEndpoint): Promise<WireView> {
    const url = formatEndpoint(endpoint);
    const { onlyConfigured } = kindOf(endpoint);
    if (onlyConfigured !== undefined)
      throw new TapswitchError(
        "usage",
        `${endpoint.kind}: is for the configuration alone: ${onlyConfigured}`,
      );
    if (this.#wires.some((wire) => formatEndpoint(wire.endpoint) === url))
      throw new TapswitchError("in-use", `${url} is attached already`);
    if (this.#wires.length >= MAX_WIRES)
      throw new TapswitchError("full", `${MAX_WIRES} wires are attached already: detach some`);
    const wire = this.#add(endpoint, "control");
    try {
      await wire.begin(() => true);
    } catch (error) {
      this.#forget(wire);
      throw error;
    }
    return wire.view();
  }

  /** Ends one, with its port: by URL, or by name or number of the port. Throws `not-found`, `usage`. */
  detach(wanted: string, network?: string): WireView {
    const found = this.#wires.filter(
      (wire) => isCalled(wire, wanted) && (network === undefined || wire.network.name === network),
    );
    const [wire] = found;
    if (wire === undefined) throw new TapswitchError("not-found", `no wire '${wanted}' is attached`);
    if (found.length > 1)
      throw new TapswitchError("usage", `there are ${found.length} wires '${wanted}': name the network, too`);
    const view = wire.view();
    this.#remove(wire, TAKEN_AWAY);
    return view;
  }

  /**
   * Goes on with the wires of another configuration, and says what came, went and changed. Those that were added by
   * hand stay. To be called in two steps: `goes` before networks go, `comes` when those that come are there.
   */
  change(wanted: readonly AttachEndpoint[]): { goes(): string[]; comes(): string[] } {
    const present = this.#wires.filter((wire) => wire.view().source === "config");
    const change = listChange(
      present.map(({ endpoint }) => endpoint),
      wanted,
      formatEndpoint,
    );
    const { added, removed, changed } = change;
    const gone = new Set([...removed, ...changed.map(([from]) => from)]);
    return {
      goes: () => {
        for (const wire of present) if (gone.has(wire.endpoint)) this.#remove(wire, TAKEN_AWAY);
        return removed.map((endpoint) => `attach: removed ${formatEndpoint(endpoint)}`);
      },
      comes: () => {
        for (const endpoint of [...added, ...changed.map(([, to]) => to)]) void this.#renew(endpoint).begin();
        this.#followNetworks();
        return [
          ...added.map((endpoint) => `attach: added ${formatEndpoint(endpoint)}`),
          ...changed.map(([, to]) => `attach: changed ${formatEndpoint(to)}`),
        ];
      },
    };
  }

  views(): WireView[] {
    return this.#wires.map((wire) => wire.view());
  }

  /** Throws where sessions with a server at this IP address would run through a wire. */
  refuseLoop(address: string): void {
    for (const wire of this.#wires) wire.refuseLoop(address);
  }

  /** About once a second. */
  tick(): void {
    for (const wire of this.#wires) wire.tick();
  }

  close(): void {
    for (const wire of [...this.#wires]) this.#remove(wire, "this process is stopping");
  }

  #add(endpoint: AttachEndpoint, source: WireView["source"]): Wire {
    const { clock, log, networks, otherwise, servers = async () => [] } = this.#options;
    const name = endpoint.network ?? otherwise();
    const network = networks().get(name);
    if (network === undefined) throw new TapswitchError("usage", `there is no network '${name}' here`);
    if (kindOf(endpoint).isOnePerNetwork === true) this.#assertAlone(endpoint.kind, network);
    const wire = new Wire({ endpoint, network, clock, log, servers, source });
    this.#wires.push(wire);
    return wire;
  }

  #assertAlone(kind: string, network: Network): void {
    if (this.#wires.some((wire) => wire.endpoint.kind === kind && wire.network === network))
      throw new TapswitchError(
        "in-use",
        `the network '${network.name}' has its ${kind} already: it takes one`,
      );
  }

  /** The configuration's own counts more than one that was added by hand. */
  #renew(endpoint: AttachEndpoint): Wire {
    const url = formatEndpoint(endpoint);
    for (const wire of this.#wires.filter((one) => formatEndpoint(one.endpoint) === url))
      this.#remove(wire, TAKEN_AWAY);
    return this.#add(endpoint, "config");
  }

  /** Wires go with their network, and move where the network of those who name none is another one. */
  #followNetworks(): void {
    const { networks, otherwise } = this.#options;
    for (const wire of [...this.#wires]) {
      const { endpoint, network } = wire;
      const wanted = networks().get(endpoint.network ?? otherwise());
      if (wanted === network) continue;
      const { source } = wire.view();
      this.#remove(wire, TAKEN_AWAY);
      if (wanted !== undefined) void this.#add(endpoint, source).begin();
    }
  }

  #remove(wire: Wire, why: string): void {
    wire.close(why);
    this.#forget(wire);
  }

  #forget(wire: Wire): void {
    this.#wires = this.#wires.filter((other) => other !== wire);
  }
}

function isCalled({ endpoint, port }: Wire, wanted: string): boolean {
  return wanted === formatEndpoint(endpoint) || wanted === port.name || wanted === String(port.id);
}
