/**
 * Keeps servers and routers where they belong, and addresses with those who have them. Off, it is not there at all; on,
 * it sees only DHCP, ARP, neighbour discovery and what could hide them, so that other traffic costs nothing.
 *
 * What an untrusted port hides from it goes no further [RFC 7113 3, RFC 7610 5]: more tags than two, headers cut short
 * or continued in a fragment.
 */
import { addressBytes } from "../../frame/dhcp4-writer.js";
import { FrameClass } from "../../frame/frame-class.js";
import type { FrameCursor } from "../../frame/frame-cursor.js";
import type { Mac } from "../../frame/mac.js";
import { NeighbourType } from "../../frame/neighbour-view.js";
import { Packet, PacketView } from "../../frame/packet-view.js";
import type { Port } from "../port.js";
import type { Protocol, ProtocolHost, Verdict } from "../protocol.js";
import { AddressClaims, type AddressGuardMode } from "./address-claims.js";
import { BindingTable } from "./binding-table.js";
import { DhcpGuard } from "./dhcp-guard.js";
import type { Sender } from "./sender.js";

/** What is guarded. */
export interface GuardSettings {
  /** DHCP servers and relay agents only behind trusted ports. */
  readonly dhcp: boolean;
  /** Router advertisements and redirects only from trusted ports. */
  readonly ra: boolean;
  readonly addresses: AddressGuardMode;
}

export interface NetworkGuardOptions extends GuardSettings {
  /** How a port is to be taken: asked when it comes, and when settings change. */
  readonly standing: (port: Port) => Omit<Sender, "name">;
}

/** An IPv4 address as an unsigned number, and whose it is. */
interface Granted {
  readonly address: number;
  readonly mac: Mac;
  readonly portName: string;
}

const BASE_CLASSES = FrameClass.dhcp4 | FrameClass.dhcp6 | FrameClass.nd | FrameClass.arp | FrameClass.opaque;

export class NetworkGuard implements Protocol {
  readonly name = "guard";
  readonly classes = BASE_CLASSES;
  readonly bindings = new BindingTable();
  readonly #standing: NetworkGuardOptions["standing"];
  #settings: GuardSettings;
  readonly #packet = new PacketView();
  readonly #senders = new Map<Port, Sender>();
  readonly #names = new Map<string, number>();
  readonly #dhcp = new DhcpGuard(this.bindings);
  readonly #claims = new AddressClaims(this.bindings, (name) => this.#names.has(name));
  #refusedDhcp = 0;
  #refusedRa = 0;
  #refusedClaims = 0;
  #refusedHidden = 0;

  constructor({ standing, ...settings }: NetworkGuardOptions) {
    this.#standing = standing;
    this.#settings = settings;
    this.configure(settings);
  }

  /** Guards other things from now on. What is known of addresses stays. */
  configure(settings: GuardSettings): void {
    this.#settings = settings;
    this.#claims.mode = settings.addresses;
    for (const port of this.#senders.keys()) this.#assess(port);
  }

  /** The built-in DHCP server has given an address, until `expiresAt` (ms of the switch's clock). */
  granted({ address, mac, portName }: Granted, vlan: number, expiresAt: number): void {
    const binding = { vlan, address: addressBytes(address), mac, portName, expiresAt, flags: -1 };
    this.bindings.put({ ...binding, origin: "dhcp" });
  }

  start(_host: ProtocolHost): void {
    this.#senders.clear();
    this.#names.clear();
  }

  attached(port: Port): void {
    this.#assess(port);
    this.#names.set(port.name, (this.#names.get(port.name) ?? 0) + 1);
  }

  detached(port: Port): void {
    this.#senders.delete(port);
    const left = (this.#names.get(port.name) ?? 1) - 1;
    if (left === 0) this.#names.delete(port.name);
    else this.#names.set(port.name, left);
  }

  take(port: Port, frame: FrameCursor, now: number): Verdict {
    const sender = this.#senders.get(port);
    if (sender === undefined) return null;
    this.#packet.read(frame);
    return this.#admits(frame, sender, now) ? null : "security";
  }

  tick(now: number): void {
    this.bindings.sweep(now);
  }

  figures(): Readonly<Record<string, number>> {
    return {
      bindings: this.bindings.size,
      refusedDhcp: this.#refusedDhcp,
      refusedRa: this.#refusedRa,
      refusedClaims: this.#refusedClaims,
      refusedHidden: this.#refusedHidden,
    };
  }

  #assess(port: Port): void {
    this.#senders.set(port, { name: port.name, ...this.#standing(port) });
  }

  #admits(frame: FrameCursor, sender: Sender, now: number): boolean {
    const packet = this.#packet;
    switch (packet.kind) {
      case Packet.hidden:
        return sender.trusted || this.#refuse("hidden");
      case Packet.udp4:
        return !this.#settings.dhcp || this.#dhcp.admits4(packet, frame, sender, now) || this.#refuse("dhcp");
      case Packet.udp6:
        return !this.#settings.dhcp || this.#dhcp.admits6(packet, frame, sender, now) || this.#refuse("dhcp");
      case Packet.arp:
        return this.#claims.admitsArp(packet, frame, sender, now) || this.#refuse("claims");
      case Packet.icmp6:
        return this.#admitsIcmp6(frame, sender, now);
      default:
        return true;
    }
  }

  #admitsIcmp6(frame: FrameCursor, sender: Sender, now: number): boolean {
    const { bytes, at } = this.#packet;
    const type = bytes[at]!;
    const isRouters = type === NeighbourType.routerAdvertisement || type === NeighbourType.redirect;
    if (isRouters && this.#settings.ra && !sender.trusted) return this.#refuse("ra");
    if (type < NeighbourType.routerSolicitation || type > NeighbourType.redirect) return true;
    return this.#claims.admitsNeighbour(this.#packet, frame, sender, now) || this.#refuse("claims");
  }

  #refuse(what: "dhcp" | "ra" | "claims" | "hidden"): false {
    if (what === "dhcp") this.#refusedDhcp++;
    else if (what === "ra") this.#refusedRa++;
    else if (what === "claims") this.#refusedClaims++;
    else this.#refusedHidden++;
    return false;
  }
}
