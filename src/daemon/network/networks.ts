/** The networks of a server, by name. */
import { listChange } from "../../config/changes.js";
import { networkSettings, type ServeConfig } from "../../config/serve-config.js";
import { type Farewell, Network, type NetworkOptions } from "./network.js";

const GONE: Farewell = { code: "network-gone", message: "this network was taken away from the server" };

export class Networks {
  readonly #parts: Omit<NetworkOptions, "settings">;
  readonly #byName = new Map<string, Network>();
  #folder: string | null | undefined;

  constructor(config: ServeConfig, parts: Omit<NetworkOptions, "settings">) {
    this.#parts = parts;
    this.#add(config.network, config);
  }

  get all(): readonly Network[] {
    return [...this.#byName.values()];
  }

  get byName(): ReadonlyMap<string, Network> {
    return this.#byName;
  }

  /** Lets all networks keep what outlives the process in this folder; null: nowhere. Throws `bad-state`. */
  open(folder: string | null): void {
    this.#folder = folder;
    for (const { watched } of this.all) watched.protections.guards.open(folder);
  }

  /** Goes on with the networks and settings of `config`. Answers with which came and went. */
  configure(config: ServeConfig): string[] {
    const { added, removed } = listChange([...this.#byName.keys()], config.network, (name) => name);
    for (const name of removed) {
      this.#byName.get(name)!.close(GONE);
      this.#byName.delete(name);
    }
    for (const network of this.all) network.configure(networkSettings(config, network.name));
    this.#add(added, config);
    return [
      ...added.map((name) => `network: added ${name}`),
      ...removed.map((name) => `network: removed ${name}`),
    ];
  }

  #add(names: readonly string[], config: ServeConfig): void {
    for (const name of names) {
      const network = new Network(name, { ...this.#parts, settings: networkSettings(config, name) });
      this.#byName.set(name, network);
      if (this.#folder !== undefined) network.watched.protections.guards.open(this.#folder);
    }
  }
}
