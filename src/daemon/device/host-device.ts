/** The TAP device of a `join`: made to its configuration, and kept in step with the session. */
import { AUTO, type JoinConfig } from "../../config/join-config.js";
import type { DeviceView } from "../../control/inspect-api.js";
import { TapswitchError } from "../../errors.js";
import { offloadNames } from "../../frame/offload.js";
import { TapDevice } from "../../link/tap-device.js";
import { routeInterface } from "../../native/interface.js";
import type { Log } from "../log.js";
import { Carrier } from "./carrier.js";
import { defaultMac } from "./default-mac.js";

/**
 * Frames that the kernel may queue towards us. With offload each may be 64 KiB, and what waits there is delay that
 * nothing else bounds; yet a burst of small frames must fit.
 */
export const TX_QUEUE = 256;

export class HostDevice {
  readonly tap: TapDevice;
  readonly carrier: Carrier;
  #followsMtu: boolean;
  #txDropped: number;
  #view: DeviceView;

  private constructor(tap: TapDevice, { mtu, carrierHold }: JoinConfig) {
    this.tap = tap;
    this.carrier = new Carrier((on) => tap.carrier(on), holdMs(carrierHold));
    this.#followsMtu = mtu === undefined;
    this.#txDropped = tap.txDropped();
    this.#view = { name: tap.name, mac: tap.mac, mtu: tap.mtu, addresses: [], carrier: false, offload: [] };
  }

  /** `network` and `host` make its MAC, where none is configured. Throws what `TapDevice.open` throws. */
  static open(config: JoinConfig, network: string, host: string): HostDevice {
    const { dev, mac, mtu, ip, bridge, persist, offload } = config;
    const tap = TapDevice.open({
      ...(dev === undefined ? {} : { name: dev }),
      ...(mac === undefined ? {} : { mac }),
      ...(mtu === undefined ? {} : { mtu }),
      ...(bridge === undefined ? {} : { bridge }),
      addresses: ip.filter((address) => address !== AUTO),
      persist,
      offload,
      txQueueLength: TX_QUEUE,
      carrier: false,
    });
    if (mac === undefined) tap.mac = defaultMac(tap.name, network, host);
    return new HostDevice(tap, config);
  }

  /** Takes on what can change while it is open. Answers whether its MTU has; throws `no-permission` and others. */
  configure({ mtu, carrierHold }: JoinConfig, networkMtu: number | undefined): boolean {
    const wanted = mtu ?? networkMtu ?? this.tap.mtu;
    const differs = wanted !== this.tap.mtu;
    if (differs) this.tap.mtu = wanted;
    this.#followsMtu = mtu === undefined;
    this.carrier.holdMs = holdMs(carrierHold);
    return differs;
  }

  /** Takes on the network's MTU, unless it has one of its own. Answers whether it has changed. */
  followMtu(mtu: number, log: Log): boolean {
    if (!this.#followsMtu || this.tap.mtu === mtu) return false;
    try {
      this.tap.mtu = mtu;
      return true;
    } catch (error) {
      log.warn(`the network's MTU is ${mtu}, the device's ${this.tap.mtu}: ${(error as Error).message}`);
      return false;
    }
  }

  /** A server that is reached through our own device would have us swallow our own tail. Throws `route-loop`. */
  refuseLoop(address: string): void {
    if (routeInterface(address) !== this.tap.name) return;
    throw new TapswitchError(
      "route-loop",
      `the route to the server (${address}) leaves through ${this.tap.name}, the device of this very join: ` +
        `give --ip another subnet, or add a route to ${address} through the real network`,
    );
  }

  /** How it is now; as last known where somebody has renamed it or moved it elsewhere. */
  view(): DeviceView {
    const { tap, carrier } = this;
    try {
      const { name, mac, mtu, addresses } = tap;
      const offload = offloadNames(tap.takes);
      this.#view = { name, mac, mtu, addresses: [...addresses], carrier: carrier.isUp, offload };
    } catch (error) {
      if (!(error instanceof TapswitchError)) throw error;
    }
    return this.#view;
  }

  /** Frames that the kernel has dropped on their way to us since this was last asked. */
  takeDropped(): number {
    const before = this.#txDropped;
    this.#txDropped = this.tap.txDropped();
    return this.#txDropped - before;
  }
}

function holdMs(seconds: JoinConfig["carrierHold"]): number | "never" {
  return seconds === "never" ? seconds : seconds * 1_000;
}
