/** All ways by which a process gets ports: listeners, whose guests come and go, and wires that it attaches itself. */
import type { Clock } from "../clock.js";
import { type EndpointIn, isStream } from "../config/endpoint/endpoint.js";
import type { EventHub } from "../control/event-hub.js";
import type { StatusView } from "../control/inspect-api.js";
import type { Access } from "./access.js";
import { Door, type DoorLimits } from "./door/door.js";
import type { Log } from "./log.js";
import type { Network } from "./network/network.js";
import { claimSockets, type InheritedSocket } from "./service/inherited-sockets.js";
import { ListeningWires } from "./wires/listening-wires.js";
import type { WireHall } from "./wires/wire-kind.js";
import { Wires } from "./wires/wires.js";

/** What the configuration says of them. */
export interface WaysConfig {
  readonly listen: readonly EndpointIn<"listen">[];
  readonly attach: readonly EndpointIn<"attach">[];
  /** Names of the networks; the first is for those who name none. */
  readonly network: readonly string[];
}

export interface WaysOptions {
  readonly config: WaysConfig;
  readonly limits: DoorLimits;
  readonly clock: Clock;
  readonly log: Log;
  readonly hub: EventHub;
  networks(): ReadonlyMap<string, Network>;
  /** IP addresses of the servers that this process joins, where it joins any. */
  servers?(): Promise<readonly string[]>;
  /** Null where nobody is asked who they are. */
  access(): Access | null;
}

export interface PreparedWays {
  /** To be called before networks go. */
  begin(): void;
  /** To be called when new networks are there. Says what was done, and whether certificates are others. */
  commit(): { readonly applied: string[]; readonly certificates: boolean };
  /** To be called instead, where something else cannot be had. */
  undo(): void;
}

export class Ways {
  readonly door: Door;
  readonly wires: Wires;
  readonly #listening: ListeningWires;
  #config: WaysConfig;

  constructor({ config, ...options }: WaysOptions) {
    this.#config = config;
    this.door = new Door({ ...options, networkNames: () => this.#config.network });
    const place = { ...options, crowd: this.door.crowd, otherwise: () => this.#config.network[0]! };
    this.wires = new Wires(place);
    this.#listening = new ListeningWires(place);
  }

  /** Where it listens, with what the kernel chose. */
  get bound(): readonly string[] {
    return this.facts().listeners.map(({ url }) => url);
  }

  /** Opens every listener. Sockets that were inherited stand for some. Rejects where one cannot be had. */
  async listen(sockets: readonly InheritedSocket[]): Promise<void> {
    const { listen } = this.#config;
    const streams = listen.filter(isStream);
    const claimed = claimSockets(streams, sockets);
    for (const [index, one] of claimed.entries()) await this.door.open(streams[index]!, one);
    for (const endpoint of listen) if (!isStream(endpoint)) await this.#listening.open(endpoint);
  }

  /** Where links come in by the web page's own port; null where there is no such network. */
  hall(network: string): WireHall | null {
    return this.#listening.hall(network);
  }

  /** Attaches every wire. Rejects with what no waiting heals; others are tried again. */
  attach(): Promise<void> {
    return this.wires.start(this.#config.attach);
  }

  /** Readies another configuration. Rejects, having changed nothing. */
  async prepare(next: WaysConfig): Promise<PreparedWays> {
    const streams = await this.door.prepare(next.listen.filter(isStream));
    const others = await this.#prepareOthers(next, () => streams.undo());
    const wires = this.wires.change(next.attach);
    let gone: string[] = [];
    return {
      begin: () => {
        gone = wires.goes();
      },
      commit: () => {
        this.#config = next;
        const { applied, certificates } = streams.commit();
        return { applied: [...applied, ...others.commit(), ...gone, ...wires.comes()], certificates };
      },
      undo: () => {
        streams.undo();
        others.undo();
      },
    };
  }

  /** About once a second. */
  tick(now: number): void {
    this.door.tick(now);
    this.wires.tick();
  }

  /** Ends all of it, and resolves when sessions are gone or have had their time. */
  async close(why: string): Promise<void> {
    this.#listening.close();
    this.wires.close();
    await this.door.close(why);
  }

  facts(): Pick<StatusView, "listeners" | "connections" | "turnedAway" | "ends" | "wires"> {
    const facts = this.door.facts();
    return {
      ...facts,
      listeners: [...facts.listeners, ...this.#listening.views()],
      wires: this.wires.views(),
    };
  }

  async #prepareOthers(next: WaysConfig, undo: () => void) {
    try {
      return await this.#listening.prepare(next.listen.filter((endpoint) => !isStream(endpoint)));
    } catch (error) {
      undo();
      throw error;
    }
  }
}
