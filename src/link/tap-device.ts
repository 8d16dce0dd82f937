/**
 * A TAP device of this host: opened, set up, and given back. The names of its properties are those of the npm
 * package tuntap2. The frames themselves go through `read` and `write`, many with each call.
 */
import { errnoOf, TapswitchError } from "../errors.js";
import type { DropReason } from "../frame/drop-reason.js";
import { formatMac, parseMac } from "../frame/mac.js";
import { Offload } from "../frame/offload.js";
import {
  attempt,
  ensureAddress,
  ensureBridge,
  ensureMtu,
  ensureTxQueueLength,
  ensureUp,
  interfaceFacts,
  isUp,
  parseCidr,
  silenceIpv6,
} from "../native/interface.js";
import { native, TapState, type Watch } from "../native/native.js";
import { type OpenedTap, openFreeTap, openTap, probeOffload } from "../native/open-tap.js";

export interface TapOptions {
  /** Name, or a pattern ("vm%d") from which the kernel makes one. Default: tap0, or the next that is free. */
  readonly name?: string;
  readonly mac?: string;
  /** Bytes of IP packet, 68 to 65,521. Default: what the device has (a new one 1,500). */
  readonly mtu?: number;
  /** Addresses to add, each "10.0.0.1/24" or "fd00::1/64". */
  readonly addresses?: readonly string[];
  /** An existing bridge to join. */
  readonly bridge?: string;
  /** The device stays when it is released. */
  readonly persist?: boolean;
  /** Opens it so that frames may come and go with checksum or segmentation still to be done. Default true. */
  readonly offload?: boolean;
  /** Frames that the kernel may queue towards us, for a device that is made here. Default: the kernel's. */
  readonly txQueueLength?: number;
  /** Whether the cable seems plugged in at first. Default true. */
  readonly carrier?: boolean;
}

export class TapDevice {
  readonly name: string;
  readonly #state = new Int32Array(TapState.words);
  #takes = 0;
  #txDropped = 0;
  #watch: Watch | undefined;
  #released = false;

  private constructor({ fd, name, vnet }: Pick<OpenedTap, "fd" | "name" | "vnet">) {
    this.name = name;
    this.#state[TapState.fd] = fd;
    this.#state[TapState.vnet] = vnet ? 1 : 0;
  }

  /** Opens and sets up a device, and brings it up. Throws what `TapswitchError` lists for devices. */
  static open(options: TapOptions = {}): TapDevice {
    // Wrong values are refused before anything is made.
    const mac = options.mac === undefined ? undefined : formatMac(parseMac(options.mac));
    options.addresses?.forEach(parseCidr);
    const how = { vnet: options.offload ?? true, carrier: options.carrier ?? true };
    const opened = options.name === undefined ? openFreeTap(how) : openTap(options.name, how);
    const device = new TapDevice(opened);
    try {
      device.#setUp(options, mac, opened.made);
    } catch (error) {
      device.release();
      throw error;
    }
    return device;
  }

  /** A device that others have opened and set up: an inherited descriptor, a macvtap. */
  static adopt(opened: Pick<OpenedTap, "fd" | "name" | "vnet">): TapDevice {
    const device = new TapDevice(opened);
    if (opened.vnet) device.#takes = probeOffload(opened.fd);
    return device;
  }

  #setUp(options: TapOptions, mac: string | undefined, made: boolean): void {
    if (this.#state[TapState.vnet] === 1) this.#takes = probeOffload(this.#fd);
    // Kernels before 6.2 begin with a carrier whatever was asked for.
    if (options.carrier === false) this.carrier(false);
    if (mac !== undefined) this.mac = mac;
    if (options.mtu !== undefined) this.mtu = options.mtu;
    if (options.txQueueLength !== undefined && made) ensureTxQueueLength(this.name, options.txQueueLength);
    if (options.bridge !== undefined) {
      ensureBridge(this.name, options.bridge);
      silenceIpv6(this.name);
    }
    // Before the addresses: without a link-local address they would be of no use to IPv6.
    this.isUp = true;
    for (const address of options.addresses ?? []) ensureAddress(this.name, address);
    if (options.persist) this.#turn("keep", () => native().setTapPersist(this.#fd, 1));
  }

  /** The `Offload` bits that may still be to do in a frame that is written here. */
  get takes(): number {
    return this.#takes;
  }

  get mac(): string {
    return interfaceFacts(this.name).mac;
  }

  set mac(mac: string) {
    const wanted = formatMac(parseMac(mac));
    if (this.mac !== wanted)
      this.#turn(`give the MAC ${wanted} to`, () => native().setTapMac(this.#fd, wanted));
  }

  get mtu(): number {
    return interfaceFacts(this.name).mtu;
  }

  set mtu(mtu: number) {
    ensureMtu(this.name, mtu);
  }

  /** First IPv4 address, "10.0.0.1/24". Setting adds one. */
  get ipv4(): string | undefined {
    return this.addresses.find((address) => !address.includes(":"));
  }

  set ipv4(cidr: string) {
    ensureAddress(this.name, cidr);
  }

  /** First IPv6 address that is not link-local, "fd00::1/64". Setting adds one. */
  get ipv6(): string | undefined {
    return this.addresses.find((address) => address.includes(":") && !address.startsWith("fe80:"));
  }

  set ipv6(cidr: string) {
    ensureAddress(this.name, cidr);
  }

  get addresses(): readonly string[] {
    return native().getAddresses(this.name);
  }

  get isUp(): boolean {
    return isUp(interfaceFacts(this.name));
  }

  set isUp(up: boolean) {
    ensureUp(this.name, up);
  }

  /** Plugs the cable in or out. False: the kernel (before 5.0) cannot. */
  carrier(on: boolean): boolean {
    try {
      this.#turn(`set the carrier of`, () => native().setTapCarrier(this.#fd, on ? 1 : 0));
      return true;
    } catch (error) {
      if (error instanceof TapswitchError && error.code === "usage") return false;
      throw error;
    }
  }

  /** Sets which `Offload` bits may still be to do in frames read from now on; 0 at first. Bits beyond `takes` are left out. */
  setOffload(mask: number): void {
    if (this.takes === 0) return;
    const wanted = meaningful(mask & this.takes);
    this.#turn("set the offload of", () => native().setTapOffload(this.#fd, wanted));
  }

  /**
   * Frames that the kernel dropped because its queue towards us was full, since the device was made. As last known
   * where somebody has renamed the device or moved it to another network namespace, which frames survive.
   */
  txDropped(): number {
    this.#txDropped = native().getInterface(this.name)?.txDropped ?? this.#txDropped;
    return this.#txDropped;
  }

  /** Calls back while there are frames to read. Once per device; `release` ends it. */
  watch(callback: (status: number) => void): Watch {
    this.#watch ??= new (native().Watch)(this.#fd, callback);
    return this.#watch;
  }

  /** Reads what is there into bytes[start ...) as whole records; returns their end. Throws `device-gone`. */
  read(bytes: Buffer, start: number): number {
    try {
      return native().readBatch(this.#state, bytes, start, bytes.length);
    } catch (error) {
      throw this.#gone(error);
    }
  }

  /** Writes the whole records in bytes[start, end). Throws `device-gone`. */
  write(bytes: Buffer, start: number, end: number): void {
    try {
      native().writeBatch(this.#state, bytes, start, end);
    } catch (error) {
      throw this.#gone(error);
    }
  }

  /** Reports the frames that `read` and `write` have lost since the last call. */
  reportLost(to: { dropped(reason: DropReason, frames: number): void }): void {
    this.#reportWord(to, "queue", TapState.queue);
    this.#reportWord(to, "device", TapState.device);
    this.#reportWord(to, "malformed", TapState.malformed);
    this.#reportWord(to, "malformed", TapState.refused);
  }

  /** Gives the device back: it vanishes unless it is persistent. Safe to call twice. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#watch?.close();
    native().closeDescriptor(this.#fd);
    // Never again a descriptor that somebody else may get meanwhile.
    this.#state[TapState.fd] = -1;
  }

  get #fd(): number {
    return this.#state[TapState.fd]!;
  }

  #reportWord(
    to: { dropped(reason: DropReason, frames: number): void },
    reason: DropReason,
    word: number,
  ): void {
    const frames = this.#state[word]!;
    if (frames === 0) return;
    this.#state[word] = 0;
    to.dropped(reason, frames);
  }

  /** Turns a knob that needs no rights but those to the device itself. */
  #turn(what: string, call: () => void): void {
    attempt(`${what} ${this.name}`, `check who owns ${this.name}`, call);
  }

  #gone(cause: unknown): unknown {
    const errno = errnoOf(cause);
    if (errno === undefined) return cause;
    return new TapswitchError("device-gone", `the network device ${this.name} went away (${errno})`, {
      cause,
    });
  }
}

/** The part of `mask` that the kernel takes: ECN needs TCP segmentation, both bits of USO belong together, all need csum. */
function meaningful(mask: number): number {
  if ((mask & Offload.csum) === 0) return 0;
  const tso = mask & (Offload.tso4 | Offload.tso6);
  const uso = (mask & Offload.uso) === Offload.uso ? Offload.uso : 0;
  return Offload.csum | tso | (tso === 0 ? 0 : mask & Offload.ecn) | uso;
}
