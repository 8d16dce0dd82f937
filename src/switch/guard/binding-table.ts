/**
 * Which port an IP address belongs to, per VLAN: what snooping has seen and inspection asks. A binding belongs to the
 * port's *name*: a host that was cut off for a moment has its address again when it comes back, without a new lease.
 *
 * Every entry can be caused by a stranger, so both the whole and each port's part are bounded; whoever claims too much
 * fills only its own part.
 */
import type { Mac } from "../../frame/mac.js";

/** In one network. */
export const MAX_BINDINGS = 65_536;
/** Of one port: a site behind a bridge. */
export const MAX_PORT_BINDINGS = 1_024;

/** DHCP gave the address to it, or it was the first to use it. */
export type BindingOrigin = "dhcp" | "first";

export interface Binding {
  /** 0: untagged. */
  readonly vlan: number;
  /** 4 or 16 octets. */
  readonly address: Uint8Array;
  readonly mac: Mac;
  readonly portName: string;
  readonly origin: BindingOrigin;
  /** Milliseconds of the switch's clock. */
  expiresAt: number;
  /** Flags of its last neighbour advertisement; -1: none was seen. */
  flags: number;
}

export class BindingTable {
  readonly #buckets = new Map<number, Binding[]>();
  readonly #perPort = new Map<string, number>();
  #size = 0;
  /** Strangers choose addresses, and must not know which fall into one bucket. */
  readonly #seed = Math.floor(Math.random() * 0x7fff_ffff) | 1;

  get size(): number {
    return this.#size;
  }

  /** The binding of the address of `length` octets at bytes[at]. Allocates nothing. */
  find(vlan: number, bytes: Uint8Array, at: number, length: number): Binding | null {
    const bucket = this.#buckets.get(this.#hash(vlan, bytes, at, length));
    if (bucket === undefined) return null;
    for (let index = 0; index < bucket.length; index++) {
      const found = bucket[index]!;
      if (found.vlan === vlan && isSame(found.address, bytes, at, length)) return found;
    }
    return null;
  }

  /** Takes a binding in place of an earlier one for its address. False: there are too many. */
  put(binding: Binding): boolean {
    const { vlan, address } = binding;
    const before = this.find(vlan, address, 0, address.length);
    if (before !== null) this.delete(before);
    if (this.#size >= MAX_BINDINGS || this.countOf(binding.portName) >= MAX_PORT_BINDINGS) return false;
    const hash = this.#hash(vlan, address, 0, address.length);
    const bucket = this.#buckets.get(hash);
    if (bucket === undefined) this.#buckets.set(hash, [binding]);
    else bucket.push(binding);
    this.#count(binding.portName, 1);
    return true;
  }

  /** Bindings of the port. */
  countOf(portName: string): number {
    return this.#perPort.get(portName) ?? 0;
  }

  delete(binding: Binding): void {
    const { vlan, address } = binding;
    const hash = this.#hash(vlan, address, 0, address.length);
    const bucket = this.#buckets.get(hash);
    const at = bucket?.indexOf(binding) ?? -1;
    if (bucket === undefined || at < 0) return;
    if (bucket.length === 1) this.#buckets.delete(hash);
    else bucket.splice(at, 1);
    this.#count(binding.portName, -1);
  }

  /** Drops what is out of date at `now` (ms). */
  sweep(now: number): void {
    for (const binding of [...this.all()]) if (binding.expiresAt <= now) this.delete(binding);
  }

  *all(): Generator<Binding> {
    for (const bucket of this.#buckets.values()) yield* bucket;
  }

  #count(portName: string, by: number): void {
    this.#size += by;
    const count = this.countOf(portName) + by;
    if (count === 0) this.#perPort.delete(portName);
    else this.#perPort.set(portName, count);
  }

  /** [FNV-1a] over VLAN and address, seeded. */
  #hash(vlan: number, bytes: Uint8Array, at: number, length: number): number {
    let hash = Math.imul(this.#seed ^ vlan, 0x0100_0193);
    for (let octet = at; octet < at + length; octet++) hash = Math.imul(hash ^ bytes[octet]!, 0x0100_0193);
    return hash ^ (hash >>> 15);
  }
}

function isSame(address: Uint8Array, bytes: Uint8Array, at: number, length: number): boolean {
  if (address.length !== length) return false;
  for (let octet = 0; octet < length; octet++) if (address[octet] !== bytes[at + octet]) return false;
  return true;
}
