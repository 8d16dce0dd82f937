/**
 * A wire for tests of the `nic` link: a veth pair, whose far end is bridged to a TAP that the test drives. The kernel
 * takes up to a second to notice that a cable is plugged in, so a wire that was not cut is used again.
 */
import { writeFileSync } from "node:fs";
import { NicLink } from "../../src/link/nic.js";
import { NicDevice } from "../../src/link/nic-device.js";
import { TapDevice } from "../../src/link/tap-device.js";
import type { FarEnd, LinkUnderTest } from "../contracts/link.contract.js";
import { ip } from "../native/namespace.js";
import { eventually } from "../support/clock.js";
import { records, split } from "../support/peers.js";

/** The far end of the wire, with the names of its parts. */
export interface NicSite extends LinkUnderTest {
  readonly link: NicLink;
  readonly far: FarEnd;
  /** The interface that the link has opened, and the other end of its cable. */
  readonly near: string;
  readonly peer: string;
}

const idle: Wire[] = [];
let made = 0;

/** A wire whose link is not yet started. Nothing else in the namespace sends on it. */
export async function nicSite(mtu = 1_500): Promise<NicSite> {
  const found = idle.findIndex((wire) => wire.mtu === mtu);
  const wire = found < 0 ? await Wire.lay(mtu) : idle.splice(found, 1)[0]!;
  const { near, peer } = wire;
  const close = (): void => {
    wire.forget();
    if (!wire.isCut) idle.push(wire);
  };
  return { link: new NicLink(NicDevice.open(near)), far: wire, near, peer, close };
}

/** To be called when all tests are over. */
export function removeWires(): void {
  for (const wire of idle.splice(0)) wire.vanish();
}

class Wire implements FarEnd {
  readonly mtu: number;
  readonly near: string;
  readonly peer: string;
  isCut = false;
  readonly #bridge: string;
  readonly #tap: TapDevice;
  #frames: Buffer[] = [];
  readonly #room = Buffer.alloc(1 << 20);

  private constructor(mtu: number) {
    const id = ++made;
    this.mtu = mtu;
    [this.near, this.peer, this.#bridge] = [`near${id}`, `peer${id}`, `bridge${id}`];
    ip(`link add ${this.near} mtu ${mtu} type veth peer name ${this.peer} mtu ${mtu}`);
    ip(`link add ${this.#bridge} mtu ${mtu} type bridge mcast_snooping 0`);
    this.#tap = TapDevice.open({ mtu, offload: false });
    for (const device of [this.peer, this.#tap.name]) {
      ip(`link set ${device} master ${this.#bridge}`);
      // Tests send the same address from both ends.
      ip(`link set ${device} type bridge_slave learning off`);
    }
    for (const device of [this.near, this.peer, this.#bridge]) ip(`link set ${device} up`);
    this.#tap.watch(() => this.#read()).start();
  }

  static async lay(mtu: number): Promise<Wire> {
    silence();
    const wire = new Wire(mtu);
    const devices = [wire.near, wire.peer, wire.#bridge, wire.#tap.name];
    await eventually(() => allForward(devices), "all devices to forward");
    return wire;
  }

  send(frames: readonly Buffer[]): void {
    const bytes = records(...frames);
    this.#tap.write(bytes, 0, bytes.length);
  }

  frames(): readonly Buffer[] {
    return this.#frames;
  }

  forget(): void {
    this.#frames = [];
  }

  /** Is cut for good. */
  vanish(): void {
    this.isCut = true;
    this.#tap.release();
    for (const device of [this.peer, this.#bridge]) ip(`link del ${device}`);
  }

  #read(): void {
    const end = this.#tap.read(this.#room, 0);
    this.#frames.push(...split(this.#room.subarray(0, end)).records.map(({ payload }) => payload));
  }
}

interface LinkState {
  readonly ifname: string;
  readonly operstate: string;
  readonly linkinfo?: { readonly info_slave_data?: { readonly state?: string } };
}

function allForward(names: readonly string[]): boolean {
  const all = JSON.parse(ip("-j -d link show")) as LinkState[];
  const ready = all.filter(({ operstate, linkinfo }) => {
    const state = linkinfo?.info_slave_data?.state ?? "forwarding";
    return state === "forwarding" && ["UP", "UNKNOWN"].includes(operstate);
  });
  return names.every((name) => ready.some(({ ifname }) => ifname === name));
}

/** Neither duplicate address detection nor router solicitation may mix with the frames of a test. */
function silence(): void {
  for (const which of ["all", "default"]) writeFileSync(`/proc/sys/net/ipv6/conf/${which}/disable_ipv6`, "1");
}
