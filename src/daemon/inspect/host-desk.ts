/**
 * The question about hosts: addresses of the MAC table together with the IP addresses that were announced. Looking
 * through a large table takes milliseconds, so it is done in slices, between which the frames have their turn.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../../clock.js";
import type { Handlers } from "../../control/api.js";
import type { HostFilter, HostView } from "../../control/host-api.js";
import type { HostBook } from "../../control/host-book.js";
import { formatMac } from "../../frame/mac.js";
import type { MacEntry } from "../../switch/mac-table.js";
import type { Port } from "../../switch/port.js";
import type { Switch } from "../../switch/switch.js";
import { viewEntry } from "./views.js";

/** Entries of a slice, some 0.3 ms of work. */
const SLICE = 128;
const NONE: readonly string[] = [];

export interface HostDeskOptions {
  /** The switches' clock. */
  readonly clock: Clock;
  networks(): Iterable<Switch>;
  /** What is announced in a network; undefined where nothing looks out for it. */
  bookOf(network: Switch): HostBook | undefined;
}

export function hostDesk(options: HostDeskOptions): Handlers<"hosts"> {
  return { hosts: (filter) => findHosts(options, filter) };
}

async function findHosts(options: HostDeskOptions, filter: HostFilter): Promise<HostView[]> {
  const found: HostView[] = [];
  for (const network of options.networks()) {
    const search = new Search(network, options.bookOf(network), filter);
    let count = 0;
    for (const entry of search.wanted > 0 ? network.table.entries(options.clock.now()) : []) {
      const host = search.match(entry);
      if (host !== null) found.push(host);
      if (found.length >= filter.limit) return found;
      if (search.wanted <= 0) break;
      if (++count % SLICE === 0) await turn();
    }
  }
  return found;
}

/** One question in one network. */
class Search {
  /** Hosts that may still be found here. */
  wanted = 0;
  readonly #network: Switch;
  readonly #book: HostBook | undefined;
  readonly #words: readonly string[];
  /** What may still be found behind each port that is looked at. */
  readonly #left = new Map<Port, number>();

  constructor(network: Switch, book: HostBook | undefined, { at, search, perPort }: HostFilter) {
    this.#network = network;
    this.#book = book;
    this.#words = search
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== "");
    for (const port of network.ports) {
      if (at !== undefined && !at.includes(`${network.name}/${port.id}`)) continue;
      this.#left.set(port, perPort);
      this.wanted += perPort;
    }
  }

  match(entry: MacEntry<Port>): HostView | null {
    const left = this.#left.get(entry.owner) ?? 0;
    if (left === 0) return null;
    const ips = this.#book?.addressesOf(entry.vlan, entry) ?? NONE;
    if (this.#words.length > 0 && !this.#isMeant(entry, ips)) return null;
    this.#left.set(entry.owner, left - 1);
    this.wanted--;
    return { ...viewEntry(entry, this.#network.name), ips: [...ips] };
  }

  #isMeant(entry: MacEntry<Port>, ips: readonly string[]): boolean {
    const named = `${entry.owner.name} ${this.#network.name} vlan ${entry.vlan}`;
    const text = `${formatMac(entry)} ${ips.join(" ")} ${named}`.toLowerCase();
    return this.#words.every((word) => text.includes(word));
  }
}
