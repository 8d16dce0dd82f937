/**
 * Which IP addresses go with which MAC address, as the stations of one network announce them. It looks on while the
 * web page is served, and keeps a bounded number: who floods announcements pushes out the least recently seen.
 */
import { LRUCache } from "lru-cache";
import { announcedAddress } from "../frame/announced-address.js";
import type { DropReason } from "../frame/drop-reason.js";
import type { FrameCursor } from "../frame/frame-cursor.js";
import type { Mac } from "../frame/mac.js";
import type { Observer } from "../switch/observer.js";

/** Stations of a network; all of 16,384 are some 4 MB. */
export const MAX_STATIONS = 16_384;
/** Addresses of one station: a dual-stack host has three or four. */
export const MAX_ADDRESSES = 4;

export class HostBook implements Observer {
  readonly inOnly = true;
  readonly #stations: LRUCache<string, readonly string[]>;

  constructor(maxStations = MAX_STATIONS) {
    this.#stations = new LRUCache({ maxSize: maxStations, sizeCalculation: () => 1 });
  }

  get size(): number {
    return this.#stations.size;
  }

  /** A frame came in; as an observer of the switch is told. */
  saw(
    direction: "in" | "out",
    _port: unknown,
    frame: FrameCursor,
    _now: number,
    dropped: DropReason | null,
  ): void {
    if (direction === "out" || dropped !== null) return;
    const address = announcedAddress(frame);
    if (address === null) return;
    const key = keyOf(frame.vlan, frame.sourceHigh, frame.sourceLow);
    const known = this.#stations.get(key) ?? [];
    if (known[0] === address) return;
    const others = known.filter((one) => one !== address);
    this.#stations.set(key, [address, ...others].slice(0, MAX_ADDRESSES));
  }

  /** The addresses of a station, the latest first. */
  addressesOf(vlan: number, { high, low }: Mac): readonly string[] {
    return this.#stations.peek(keyOf(vlan, high, low)) ?? [];
  }
}

function keyOf(vlan: number, high: number, low: number): string {
  return `${vlan} ${high} ${low}`;
}
