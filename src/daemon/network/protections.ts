/**
 * What takes part in a network besides its hosts: each part is there while the settings want it, and begins anew where
 * they differ. A further one is a setting in `config/network-options.ts` and a few lines here.
 */
import { createHash, randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { MulticastOptions } from "../../config/multicast-options.js";
import { IpGroup } from "../../frame/ip-group.js";
import { localMac } from "../../frame/mac.js";
import { MulticastSnooping } from "../../switch/multicast/snooping.js";
import { TIMING } from "../../switch/multicast/timing.js";
import type { Switch } from "../../switch/switch.js";

export interface ProtectionSettings {
  /** Undefined: multicast goes everywhere. */
  readonly multicast?: MulticastOptions | undefined;
}

export class Protections {
  readonly #lan: Switch;
  #settings: ProtectionSettings = {};
  #multicast: MulticastSnooping | null = null;
  #endMulticast: () => void = () => undefined;

  constructor(lan: Switch) {
    this.#lan = lan;
  }

  /** Null where multicast goes everywhere. */
  get multicast(): MulticastSnooping | null {
    return this.#multicast;
  }

  configure(settings: ProtectionSettings): void {
    if (!isDeepStrictEqual(settings.multicast, this.#settings.multicast)) this.#snoop(settings.multicast);
    this.#settings = settings;
  }

  #snoop(options: MulticastOptions | undefined): void {
    this.#endMulticast();
    this.#multicast = options?.snooping !== true ? null : snooping(options, this.#lan.name);
    this.#lan.groups = this.#multicast;
    this.#endMulticast = this.#multicast === null ? () => undefined : this.#lan.use(this.#multicast);
  }
}

function snooping(options: MulticastOptions, network: string): MulticastSnooping {
  const { querier, address, unregistered, queryInterval, queryResponse } = options;
  const timing = {
    ...TIMING,
    queryIntervalMs: queryInterval * 1_000,
    queryResponseMs: queryResponse * 1_000,
  };
  const source = address === undefined ? {} : { address: ipv4(address) };
  return new MulticastSnooping({ mac: switchMac(network), querier, unregistered, timing, ...source });
}

function ipv4(text: string): IpGroup {
  return new IpGroup().readIpv4(Uint8Array.from(text.split("."), Number), 0);
}

/** An address of its own for each process and network, so that two switches on one wire are told apart. */
function switchMac(network: string): ReturnType<typeof localMac> {
  return localMac(createHash("sha256").update(`${INSTANCE} ${network}`).digest());
}

const INSTANCE = randomUUID();
