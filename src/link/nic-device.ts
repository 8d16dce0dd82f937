/**
 * An Ethernet interface of this host, taken as a wire: everything that comes in on it, whoever it is for, and a way
 * out past the host's own stack. The host keeps the use of it for itself, and neither sees what the other sends.
 */
import { errnoOf, TapswitchError } from "../errors.js";
import type { DropReason } from "../frame/drop-reason.js";
import { Offload } from "../frame/offload.js";
import { ensureUp, interfaceFacts } from "../native/interface.js";
import { native, PacketState, type Watch } from "../native/native.js";
import type { FrameDevice } from "./device-link.js";

const ENODEV = -19;

export class NicDevice implements FrameDevice {
  readonly name: string;
  /** The kernel finishes what the hardware cannot; whether it knows USO (Linux 6.2) cannot be asked of a socket. */
  readonly takes = Offload.csum | Offload.tso4 | Offload.tso6 | Offload.ecn;
  readonly #state = new Int32Array(PacketState.words);
  #mtu: number;
  #watch: Watch | undefined;
  #released = false;

  private constructor(name: string, fd: number) {
    this.name = name;
    this.#state[PacketState.fd] = fd;
    this.#mtu = interfaceFacts(name).mtu;
  }

  /** Opens the interface and brings it up. Throws `missing`, `usage`, `no-permission`. */
  static open(name: string): NicDevice {
    const device = new NicDevice(name, openPacket(name));
    try {
      ensureUp(name, true);
    } catch (error) {
      device.release();
      throw error;
    }
    return device;
  }

  /** As last known where the interface is gone. */
  get mtu(): number {
    this.#mtu = native().getInterface(this.name)?.mtu ?? this.#mtu;
    return this.#mtu;
  }

  watch(callback: (status: number) => void): Watch {
    this.#watch ??= new (native().Watch)(this.#state[PacketState.fd]!, (status) => {
      // An interface that goes down raises an error once, which ends the watch; it may come up again.
      if (status < 0) this.#watch?.start();
      callback(0);
      if (this.#isGone && !this.#released) callback(ENODEV);
    });
    return this.#watch;
  }

  read(bytes: Buffer, start: number): number {
    const end = native().readPackets(this.#state, bytes, start, bytes.length);
    if (end === start && this.#isGone) throw this.#gone();
    return end;
  }

  write(bytes: Buffer, start: number, end: number): void {
    native().writePackets(this.#state, bytes, start, end);
    if (this.#isGone) throw this.#gone();
  }

  reportLost(to: { dropped(reason: DropReason, frames: number): void }): void {
    for (const reason of LOST) {
      const frames = this.#state[PacketState[reason]]!;
      if (frames === 0) continue;
      this.#state[PacketState[reason]] = 0;
      to.dropped(reason, frames);
    }
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#watch?.close();
    native().closeDescriptor(this.#state[PacketState.fd]!);
    // Never again a descriptor that somebody else may get meanwhile.
    this.#state[PacketState.fd] = -1;
  }

  get #isGone(): boolean {
    return this.#state[PacketState.gone] === 1;
  }

  #gone(): TapswitchError {
    return new TapswitchError("device-gone", `the interface ${this.name} went away`);
  }
}

const LOST = ["queue", "device", "malformed", "oversize"] as const satisfies readonly DropReason[];

function openPacket(name: string): number {
  try {
    return native().openPacket(name);
  } catch (cause) {
    throw explain(name, cause);
  }
}

function explain(name: string, cause: unknown): TapswitchError {
  const errno = errnoOf(cause) ?? "unknown error";
  const failed = `cannot open the interface ${name} (${errno})`;
  switch (errno) {
    case "EPERM":
    case "EACCES":
      return new TapswitchError(
        "no-permission",
        `${failed}: run as root, or with CAP_NET_RAW (in a unit AmbientCapabilities=CAP_NET_RAW)`,
        { cause },
      );
    case "ENODEV":
    case "ENXIO":
      return new TapswitchError("missing", `${failed}: there is none of that name: ip -br link lists them`, {
        cause,
      });
    case "EPROTOTYPE":
      return new TapswitchError("usage", `${failed}: it carries no Ethernet: name another interface`, {
        cause,
      });
    case "ENOPROTOOPT":
      return new TapswitchError("missing", `${failed}: it needs Linux 4.20 or newer`, { cause });
    default:
      return new TapswitchError("system", failed, { cause });
  }
}
