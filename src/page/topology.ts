/** The networks with their ports and the hosts behind them, as a tree that stays readable at any size. */
import type { HostView } from "../control/host-api.js";
import { byId, KeyedList, setAttribute } from "./dom.js";
import { EmptyState } from "./empty-state.js";
import { hostsAt } from "./live.js";
import { keyOf, type Model, type NetworkState } from "./model.js";
import { NetworkBlock } from "./network-block.js";
import { HOSTS_SHOWN, type RowActions } from "./port-row.js";

/** Networks that begin unfolded. */
const OPEN_NETWORKS = 4;
/** The switch takes this many ports in one question about hosts. */
const MAX_PLACES = 64;

export class Topology {
  readonly #search = byId<HTMLInputElement>("port-search");
  readonly #empty = new EmptyState(byId("empty"));
  readonly #blocks: KeyedList<NetworkState, NetworkBlock>;
  readonly #shown = new Set<NetworkBlock>();
  #hosts: ReadonlyMap<string, readonly HostView[]> = new Map();
  #asking = false;
  #render: () => void = () => undefined;

  constructor(actions: RowActions) {
    let made = 0;
    this.#blocks = new KeyedList(
      byId("networks"),
      ({ name }) => name,
      () => {
        const block = new NetworkBlock(made++ < OPEN_NETWORKS, actions);
        block.element.addEventListener("toggle", () => this.#render());
        return block;
      },
    );
    this.#search.addEventListener("input", () => {
      this.#render();
      void this.#askHosts();
    });
  }

  show(model: Model, chosen: string): void {
    this.#render = () => this.#draw(model, chosen);
    this.#render();
    void this.#askHosts();
  }

  #draw({ networks, second, status, portCount }: Model, chosen: string): void {
    const search = this.#search.value.trim();
    this.#shown.clear();
    this.#blocks.show(networks, (block, network) => {
      this.#shown.add(block);
      block.show({ network, search, chosen, second, hosts: this.#hosts });
    });
    const isEmpty = status !== null && portCount === 0;
    setAttribute(byId("networks"), "hidden", isEmpty);
    this.#empty.show(isEmpty ? status : null);
  }

  async #askHosts(): Promise<void> {
    const places = [...this.#shown].flatMap((block) => block.places).slice(0, MAX_PLACES);
    if (this.#asking || places.length === 0) return;
    this.#asking = true;
    try {
      this.#hosts = byPort(await hostsAt(places, HOSTS_SHOWN));
      this.#render();
    } catch {
      // The header says that the switch does not answer.
    } finally {
      this.#asking = false;
    }
  }
}

function byPort(hosts: readonly HostView[]): ReadonlyMap<string, readonly HostView[]> {
  const found = new Map<string, HostView[]>();
  for (const host of hosts) {
    const key = keyOf({ network: host.network, id: host.port });
    found.set(key, [...(found.get(key) ?? []), host]);
  }
  return found;
}
