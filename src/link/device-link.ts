/**
 * The link to a network device that a descriptor stands for. Sending is a system call per frame that never waits, so
 * it is always "done"; what the kernel does not take is counted and reported at once.
 */
import { TapswitchError } from "../errors.js";
import type { DropReason } from "../frame/drop-reason.js";
import { ETHERNET_HEADER, VLAN_TAG } from "../frame/ethernet.js";
import { READ_ROOM, type Watch } from "../native/native.js";
import type { Link, LinkCapabilities, LinkEvents, Sent } from "./link.js";

/** Holds four of the largest segments. Its pages cost no memory until frames have come. */
export const READ_BUFFER = 4 * READ_ROOM;

/** What reads and writes records: a TAP, a packet socket. */
export interface FrameDevice {
  readonly name: string;
  /** Bytes of IP packet. */
  readonly mtu: number;
  /** The `Offload` bits that may still be to do in a frame that is written here. */
  readonly takes: number;
  /** Calls back while there are frames to read; with a negative status when the device is gone. Once per device. */
  watch(callback: (status: number) => void): Watch;
  /** Reads what is there into bytes[start ...) as whole records; returns their end. Throws `device-gone`. */
  read(bytes: Buffer, start: number): number;
  /** Writes the whole records in bytes[start, end). Throws `device-gone`. */
  write(bytes: Buffer, start: number, end: number): void;
  /** Reports the frames that `read` and `write` have lost since the last call. */
  reportLost(to: { dropped(reason: DropReason, frames: number): void }): void;
  /** Safe to call twice. */
  release(): void;
}

export class DeviceLink<Device extends FrameDevice = FrameDevice> implements Link {
  readonly kind: string;
  readonly device: Device;
  #events: LinkEvents | undefined;
  #watch: Watch | undefined;
  #bytes: Buffer | undefined;
  #paused = false;
  #closed = false;

  constructor(kind: string, device: Device) {
    this.kind = kind;
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

  /** Frames wait in the device's own queue, and are lost there when it is full. */
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
