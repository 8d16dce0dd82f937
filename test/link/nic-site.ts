/** A wire for tests of the `nic` link: a veth pair, whose far end is bridged to a TAP that the test drives. */
import { writeFileSync } from "node:fs";
import { NicLink } from "../../src/link/nic.js";
import { NicDevice } from "../../src/link/nic-device.js";
import { TapDevice } from "../../src/link/tap-device.js";
import type { FarEnd, LinkUnderTest } from "../contracts/link.contract.js";
import { ip } from "../native/namespace.js";
import { eventually } from "../support/clock.js";
import { records, split } from "../support/peers.js";

let made = 0;

/** The far end of the wire, with the names of its parts. */
export interface NicSite extends LinkUnderTest {
  readonly link: NicLink;
  readonly far: FarEnd;
  /** The interface that the link has opened, and the other end of its cable. */
  readonly near: string;
  readonly peer: string;
}

/** Lays a cable whose link is not yet started. Nothing else in the namespace sends on it. */
export async function nicSite(mtu = 1_500): Promise<NicSite> {
  const id = ++made;
  const [near, peer, bridge] = [`near${id}`, `peer${id}`, `bridge${id}`];
  silence();
  ip(`link add ${near} mtu ${mtu} type veth peer name ${peer} mtu ${mtu}`);
  ip(`link add ${bridge} mtu ${mtu} type bridge mcast_snooping 0`);
  const tap = TapDevice.open({ mtu, offload: false });
  for (const device of [peer, tap.name]) ip(`link set ${device} master ${bridge}`);
  for (const device of [near, peer, bridge]) ip(`link set ${device} up`);
  await eventually(() => allForward([near, peer, bridge, tap.name]), "all devices to forward");
  const far = new TapEnd(tap, () => ip(`link del ${peer}`));
  return { link: new NicLink(NicDevice.open(near)), far, near, peer, close: () => far.close(bridge, peer) };
}

interface LinkState {
  readonly ifname: string;
  readonly operstate: string;
  readonly linkinfo?: { readonly info_slave_data?: { readonly state?: string } };
}

/** The kernel takes its time to notice that a cable is plugged in, and loses what is sent meanwhile. */
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

class TapEnd implements FarEnd {
  readonly #tap: TapDevice;
  readonly #vanish: () => void;
  readonly #frames: Buffer[] = [];
  readonly #room = Buffer.alloc(1 << 20);

  constructor(tap: TapDevice, vanish: () => void) {
    this.#tap = tap;
    this.#vanish = vanish;
    tap.watch(() => this.#read()).start();
  }

  send(frames: readonly Buffer[]): void {
    const bytes = records(...frames);
    this.#tap.write(bytes, 0, bytes.length);
  }

  frames(): readonly Buffer[] {
    return this.#frames;
  }

  vanish(): void {
    this.#vanish();
  }

  close(bridge: string, peer: string): void {
    this.#tap.release();
    for (const device of [bridge, peer]) {
      try {
        ip(`link del ${device}`);
      } catch {
        // Gone with the far end.
      }
    }
  }

  #read(): void {
    const end = this.#tap.read(this.#room, 0);
    this.#frames.push(...split(this.#room.subarray(0, end)).records.map(({ payload }) => payload));
  }
}
