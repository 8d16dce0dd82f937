/** Where multicast goes: snooped while the settings want it, and begun anew where they differ. */
import { createHash, randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { MulticastOptions } from "../../config/multicast-options.js";
import { IpGroup } from "../../frame/ip-group.js";
import { localMac } from "../../frame/mac.js";
import { MulticastSnooping } from "../../switch/multicast/snooping.js";
import { TIMING } from "../../switch/multicast/timing.js";
import type { Switch } from "../../switch/switch.js";

export class MulticastPart {
  readonly #lan: Switch;
  #options: MulticastOptions | undefined;
  #snooping: MulticastSnooping | null = null;
  #end: () => void = () => undefined;

  constructor(lan: Switch) {
    this.#lan = lan;
  }

  /** Null where multicast goes everywhere. */
  get snooping(): MulticastSnooping | null {
    return this.#snooping;
  }

  configure(options: MulticastOptions | undefined): void {
    if (isDeepStrictEqual(options, this.#options)) return;
    this.#options = options;
    this.#end();
    this.#snooping = options?.snooping === true ? newSnooping(options, this.#lan.name) : null;
    this.#lan.groups = this.#snooping;
    this.#end = this.#snooping === null ? () => undefined : this.#lan.use(this.#snooping);
  }
}

function newSnooping(options: MulticastOptions, network: string): MulticastSnooping {
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
