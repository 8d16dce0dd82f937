/**
 * The link to this host's own network stack. Sending is a system call per frame that never waits, so it is always
 * "done"; what the kernel does not take is counted and reported at once.
 */
import { TapswitchError } from "../errors.js";
import { ETHERNET_HEADER, VLAN_TAG } from "../frame/ethernet.js";
import { READ_ROOM, type Watch } from "../native/native.js";
import type { Link, LinkCapabilities, LinkEvents, Sent } from "./link.js";
import type { TapDevice } from "./tap-device.js";

/** Holds four of the largest segments. Its pages cost no memory until frames have come. */
export const READ_BUFFER = 4 * READ_ROOM;

export class TapLink implements Link {
  readonly kind = "tap";
  readonly device: TapDevice;
  #events: LinkEvents | undefined;
  #watch: Watch | undefined;
  #bytes: Buffer | undefined;
  /** Where the next read goes: what lies before it is still being read by someone. */
  #start = 0;
  #paused = false;
  #closed = false;

  constructor(device: TapDevice) {
    this.device = device;
  }

  /** Follows the device's MTU. */
  get capabilities(): LinkCapabilities {
    return { maxFrame: this.device.mtu + ETHERNET_HEADER + VLAN_TAG, offload: this.device.takes };
  }

  get peer(): string {
    return this.device.name;
  }

  start(events: LinkEvents): void {
    if (this.#closed) return;
    this.#events = events;
    this.#watch = this.device.watch((status) => this.#receive(events, status));
    if (!this.#paused) this.#watch.start();
  }

  send(bytes: Buffer, start: number, end: number): Sent {
    if (this.#closed) return "done";
    try {
      this.device.write(bytes, start, end);
    } catch (error) {
      this.close(error as Error);
    }
    if (this.#events !== undefined) this.device.reportLost(this.#events);
    return "done";
  }

  /** Frames wait in the device's own queue, and are lost there when it is full (`TapDevice.txDropped`). */
  pause(): void {
    this.#paused = true;
    this.#watch?.stop();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#closed) this.#watch?.start();
  }

  close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#bytes = undefined;
    this.device.release();
    const events = this.#events;
    if (events !== undefined) queueMicrotask(() => events.close(error));
  }

  #receive(events: LinkEvents, status: number): void {
    const bytes = this.#room();
    const start = this.#start;
    const end = this.#read(bytes, start);
    // What follows a range that is kept is still free, and used before memory is taken anew.
    if (end > start && events.batch({ bytes, start, end }) === "kept") this.#start = end;
    this.device.reportLost(events);
    if (status < 0)
      this.close(new TapswitchError("device-gone", `the network device ${this.peer} went away`));
  }

  /** The read buffer, with room for a read behind `#start`. */
  #room(): Buffer {
    if (this.#bytes === undefined || this.#bytes.length - this.#start < READ_ROOM) {
      this.#bytes = Buffer.allocUnsafeSlow(READ_BUFFER);
      this.#start = 0;
    }
    return this.#bytes;
  }

  /** Reads what is there; returns `start` and closes the link when the device is gone. */
  #read(bytes: Buffer, start: number): number {
    try {
      return this.device.read(bytes, start);
    } catch (error) {
      this.close(error as Error);
      return start;
    }
  }
}
