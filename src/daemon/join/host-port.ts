/** This host on its own network: the TAP device of a `join`, behind a port. A join may do without one. */
import type { Clock } from "../../clock.js";
import { AUTO, type JoinConfig } from "../../config/join-config.js";
import type { DeviceView } from "../../control/inspect-api.js";
import { TapswitchError } from "../../errors.js";
import { TapLink } from "../../link/tap.js";
import type { TapDevice } from "../../link/tap-device.js";
import type { Port } from "../../switch/port.js";
import { HostDevice } from "../device/host-device.js";
import type { Log } from "../log.js";
import type { Network } from "../network/network.js";
import { AutoAddress } from "./auto-address.js";

export interface HostPortOptions {
  readonly config: JoinConfig;
  readonly network: Network;
  /** What the host is called; makes the device's MAC where none is configured. */
  readonly name: string;
  /** Leads to the network that is joined. */
  readonly uplink: Port;
  readonly clock: Clock;
  readonly log: Log;
  /** The device has gone, and nothing brings it back. */
  readonly failed: (error: Error) => void;
}

export class HostPort {
  readonly port: Port;
  readonly #device: HostDevice;
  readonly #log: Log;
  /** Null where the configuration says what addresses the device has. */
  readonly #auto: AutoAddress | null;

  /** Opens the device. Throws what `TapDevice.open` throws. */
  constructor({ config, network, name, uplink, clock, log, failed }: HostPortOptions) {
    this.#log = log;
    this.#device = HostDevice.open(config, network.name, name);
    const { tap } = this.#device;
    this.port = network.addPort(tap.name, {});
    network.switch.connect(this.port, new TapLink(tap), (_, error) =>
      failed(error ?? new TapswitchError("device-gone", `${tap.name} went away`)),
    );
    const { ip, bridge } = config;
    const lan = network.switch;
    this.#auto = ip.includes(AUTO) ? new AutoAddress({ tap, lan, uplink, name, clock, log }) : null;
    log.info({ mac: tap.mac, ip, bridge }, `opened ${tap.name}`);
  }

  get tap(): TapDevice {
    return this.#device.tap;
  }

  /** Throws `route-loop` where the way to the server leads through this very device. */
  refuseLoop(address: string): void {
    this.#device.refuseLoop(address);
  }

  /** A session has begun: its far end takes over this work, a set of `Offload` bits. */
  up(offload: number): void {
    this.tap.setOffload(offload);
    this.#device.carrier.up();
    this.#auto?.up();
  }

  /** The session has ended. */
  down(): void {
    this.#device.carrier.down();
    this.#auto?.down();
  }

  /** Takes on what can change while it is open. `networkMtu` is what the server said, if it has. */
  configure(next: JoinConfig, networkMtu: number | undefined): void {
    if (this.#device.configure(next, networkMtu)) this.port.refresh();
  }

  followMtu(mtu: number): void {
    if (this.#device.followMtu(mtu, this.#log)) this.port.refresh();
  }

  /** About once a second: counts what the kernel has dropped on its way to us. */
  tick(): void {
    this.port.drop("queue", this.#device.takeDropped());
  }

  view(): DeviceView {
    return this.#device.view();
  }

  /** Nothing is set on the device from now on: hooks may be at work on it. */
  leave(): void {
    this.#device.carrier.stop();
  }

  close(): void {
    this.#auto?.close();
    this.port.link?.close();
    this.tap.release();
  }
}
