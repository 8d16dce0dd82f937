/**
 * Which address a client gets, and for how long it has it [RFC 2131 4.3.1]. Everything in it can be caused by strangers:
 * it never holds more than the pool has, and no port gets more than half of that, whatever it calls itself.
 */
import { formatMac, type Mac, macBytes } from "../../frame/mac.js";
import type { DhcpSettings, Lease } from "./lease.js";

/** Every port may have so many, however small the pool is. */
const MIN_PORT_SHARE = 4;
/** An offer that nobody takes up is void after this long: clients wait about a minute [RFC 2131 4.1]. */
export const OFFER_MS = 60_000;
/** An address that somebody else turned out to use is left alone for this long. */
export const CONFLICT_MS = 600_000;

/** Who asks. */
export interface Client {
  readonly id: string;
  readonly mac: Mac;
  readonly portName: string;
  readonly hostName: string;
}

export class LeaseBook {
  #settings: DhcpSettings;
  readonly #byAddress = new Map<number, Lease>();
  readonly #byClient = new Map<string, number>();
  readonly #perPort = new Map<string, number>();
  #reserved = new Set<number>();

  constructor(settings: DhcpSettings, leases: Iterable<Lease> = []) {
    this.#settings = settings;
    this.#reserved = new Set(settings.reserved.values());
    for (const lease of leases) if (this.isServed(lease.address)) this.#put(lease);
  }

  /** Goes on with other settings. Leases outside of them are forgotten. */
  configure(settings: DhcpSettings): void {
    this.#settings = settings;
    this.#reserved = new Set(settings.reserved.values());
    for (const lease of [...this.#byAddress.values()]) if (!this.isServed(lease.address)) this.#remove(lease);
  }

  get all(): readonly Lease[] {
    return [...this.#byAddress.values()];
  }

  at(address: number): Lease | undefined {
    return this.#byAddress.get(address);
  }

  /** The client's offer or lease, or the one that it had last. */
  of(client: string): Lease | undefined {
    const address = this.#byClient.get(client);
    return address === undefined ? undefined : this.#byAddress.get(address);
  }

  /** True if the address is in the pool or kept for somebody. */
  isServed(address: number): boolean {
    const { first, last, server, routers } = this.#settings;
    if (address === server || routers.includes(address)) return false;
    return (address >= first && address <= last) || this.#reserved.has(address);
  }

  /** True if the client could have the address at `now` (ms). */
  isFree(address: number, client: Client, now: number): boolean {
    if (!this.isServed(address)) return false;
    const lease = this.#byAddress.get(address);
    if (lease !== undefined && lease.client !== client.id && isHeld(lease, now)) return false;
    if (lease?.state === "conflict" && lease.expiresAt > now) return false;
    return !this.#reserved.has(address) || this.reservedFor(client) === address;
  }

  /** The address for a client, in the order of RFC 2131 4.3.1; null where there is none left for it. */
  choose(client: Client, wanted: number, now: number): number | null {
    const had = this.of(client.id)?.address;
    const reserved = this.reservedFor(client);
    if (reserved !== undefined && this.isFree(reserved, client, now)) return reserved;
    if (had !== undefined && this.isFree(had, client, now) && this.#hasRoom(client, now)) return had;
    if (!this.#hasRoom(client, now)) return null;
    if (wanted !== 0 && this.isFree(wanted, client, now)) return wanted;
    return this.#search(client, now);
  }

  /** The address that is kept for the client. */
  reservedFor({ mac, portName }: Client): number | undefined {
    const { reserved } = this.#settings;
    return reserved.get(formatMac(mac)) ?? reserved.get(portName);
  }

  offer(client: Client, address: number, now: number): void {
    this.#note(client, address, { state: "offered", expiresAt: now + OFFER_MS });
  }

  /** Gives the address to the client; of its earlier one nothing is left. */
  lease(client: Client, address: number, now: number): Lease {
    const expiresAt = now + this.#settings.leaseSeconds * 1_000;
    return this.#note(client, address, { state: "leased", expiresAt });
  }

  /** The client does not use the address any more, and may have it again. */
  release(client: Client, now: number): void {
    const lease = this.of(client.id);
    if (lease !== undefined && isHeld(lease, now)) this.#put({ ...lease, state: "free", expiresAt: now });
  }

  /** Somebody uses the address who did not get it from us. The port on whose word that is has it on its account. */
  conflict(address: number, client: Client, now: number): void {
    const id = `conflict/${address}`;
    this.#note({ ...client, id }, address, { state: "conflict", expiresAt: now + CONFLICT_MS });
  }

  #note(client: Client, address: number, rest: Pick<Lease, "state" | "expiresAt">): Lease {
    const before = this.of(client.id);
    if (before !== undefined && before.address !== address) this.#remove(before);
    const { id, mac, portName, hostName } = client;
    const lease = { address, client: id, mac, portName, hostName, ...rest };
    this.#put(lease);
    return lease;
  }

  /** From a place that depends on the client on, so that it finds the same one even if all was forgotten. */
  #search(client: Client, now: number): number | null {
    const { first, last } = this.#settings;
    const size = last - first + 1;
    const start = hash(macBytes(client.mac)) % size;
    let used: number | null = null;
    for (let step = 0; step < size; step++) {
      const address = first + ((start + step) % size);
      if (!this.isFree(address, client, now)) continue;
      if (!this.#byAddress.has(address)) return address;
      // Somebody had it: only when all others are taken, the one longest out of use.
      if (used === null || this.#byAddress.get(address)!.expiresAt < this.#byAddress.get(used)!.expiresAt)
        used = address;
    }
    return used;
  }

  /** Held addresses count, those of the past do not. */
  #hasRoom(client: Client, now: number): boolean {
    const own = this.of(client.id);
    if (own !== undefined && isHeld(own, now)) return true;
    const { first, last } = this.#settings;
    const share = Math.max(MIN_PORT_SHARE, Math.floor((last - first + 1) / 2));
    if ((this.#perPort.get(client.portName) ?? 0) < share) return true;
    let held = 0;
    for (const lease of this.#byAddress.values())
      if (lease.portName === client.portName && isHeld(lease, now)) held++;
    return held < share;
  }

  #put(lease: Lease): void {
    const before = this.#byAddress.get(lease.address);
    if (before !== undefined) this.#remove(before);
    this.#byAddress.set(lease.address, lease);
    this.#byClient.set(lease.client, lease.address);
    this.#perPort.set(lease.portName, (this.#perPort.get(lease.portName) ?? 0) + 1);
  }

  #remove(lease: Lease): void {
    this.#byAddress.delete(lease.address);
    if (this.#byClient.get(lease.client) === lease.address) this.#byClient.delete(lease.client);
    const left = (this.#perPort.get(lease.portName) ?? 1) - 1;
    if (left === 0) this.#perPort.delete(lease.portName);
    else this.#perPort.set(lease.portName, left);
  }
}

/** True if the address must not go to anyone else. */
export function isHeld({ state, expiresAt }: Lease, now: number): boolean {
  return state !== "free" && expiresAt > now;
}

/** [FNV-1a] */
function hash(bytes: Uint8Array): number {
  let sum = 0x811c_9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x0100_0193);
  return sum >>> 0;
}
