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
    this.#bytes ??= Buffer.allocUnsafeSlow(READ_BUFFER);
    const end = this.#read(this.#bytes);
    if (end > 0) events.batch({ bytes: this.#bytes, start: 0, end });
    this.device.reportLost(events);
    if (status < 0)
      this.close(new TapswitchError("device-gone", `the network device ${this.peer} went away`));
  }

  /** Reads what is there; returns 0 and closes the link when the device is gone. */
  #read(bytes: Buffer): number {
    try {
      return this.device.read(bytes, 0);
    } catch (error) {
      this.close(error as Error);
      return 0;
    }
  }
}
