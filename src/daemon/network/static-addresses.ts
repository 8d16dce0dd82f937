/**
 * Addresses that an administrator has put behind a port. They belong to the port's name: the port may go and come
 * back, and has them again. While it is away the switch knows nothing of them.
 */
import { TapswitchError } from "../../errors.js";
import { formatMac, GROUP_BIT, type Mac } from "../../frame/mac.js";
import type { MacTable } from "../../switch/mac-table.js";
import type { Port } from "../../switch/port.js";

/** In one network. Nobody types more, and a script that goes wrong stops here. */
export const MAX_STATIC = 4_096;

export interface StaticAddress {
  readonly mac: Mac;
  readonly vlan: number;
  readonly portName: string;
}

export class StaticAddresses {
  readonly #table: MacTable<Port>;
  readonly #all = new Map<string, StaticAddress>();

  constructor(table: MacTable<Port>) {
    this.#table = table;
  }

  /** Puts the address behind the port, in place of an earlier one. Throws `usage`, `full`. */
  add(mac: Mac, vlan: number, port: Port): void {
    const text = formatMac(mac);
    if ((mac.high & GROUP_BIT) !== 0)
      throw new TapswitchError("usage", `${text} is a group address: only a station's lives behind one port`);
    const key = keyOf(mac, vlan);
    if (!this.#all.has(key) && this.#all.size >= MAX_STATIC)
      throw new TapswitchError("full", `there are ${MAX_STATIC} static addresses already: remove some`);
    this.#all.set(key, { mac, vlan, portName: port.name });
    this.#table.fix(vlan, mac.high, mac.low, port.place);
  }

  /** Throws `not-found`. */
  remove(mac: Mac, vlan: number): StaticAddress {
    const found = this.#all.get(keyOf(mac, vlan));
    if (found === undefined) {
      const where = vlan === 0 ? "untagged frames" : `VLAN ${vlan}`;
      throw new TapswitchError("not-found", `${formatMac(mac)} is no static address (for ${where})`);
    }
    this.#all.delete(keyOf(mac, vlan));
    this.#table.unfix(vlan, mac.high, mac.low);
    return found;
  }

  /** A port has come: it gets the addresses of its name. */
  attached(port: Port): void {
    for (const { mac, vlan, portName } of this.#all.values())
      if (portName === port.name) this.#table.fix(vlan, mac.high, mac.low, port.place);
  }

  /** Those whose port is away. */
  *waiting(ports: readonly Port[]): Generator<StaticAddress> {
    if (this.#all.size === 0) return;
    const here = new Set(ports.map((port) => port.name));
    for (const one of this.#all.values()) if (!here.has(one.portName)) yield one;
  }
}

function keyOf(mac: Mac, vlan: number): string {
  return `${vlan}/${formatMac(mac)}`;
}
