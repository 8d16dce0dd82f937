/**
 * Gets an IPv4 address for this host's own device [RFC 2131 4.4]: asks at the port that leads to the network, takes the
 * first offer, renews after half of the time, asks anyone after seven eighths, and gives the address up at the end. After
 * a broken connection it asks for the address that it has, so that a server elsewhere can say no.
 */
import {
  addressOption,
  BOOT_REPLY,
  BOOT_REQUEST,
  DHCP_CLIENT_PORT,
  DHCP_SERVER_PORT,
  type Dhcp4,
  DhcpOption,
  DhcpType,
  readDhcp4,
} from "../../frame/dhcp4.js";
import { addressBytes, writeDhcp4 } from "../../frame/dhcp4-writer.js";
import { FrameClass } from "../../frame/frame-class.js";
import type { FrameCursor } from "../../frame/frame-cursor.js";
import type { Mac } from "../../frame/mac.js";
import { Packet, PacketView } from "../../frame/packet-view.js";
import { RecordKind } from "../../frame/record.js";
import { read16, read32, UDP_HEADER } from "../../frame/segment-fields.js";
import { isSoundUdp4, udp4Frame } from "../../frame/udp4.js";
import type { Port } from "../port.js";
import type { Protocol, ProtocolHost, Verdict } from "../protocol.js";

const BROADCAST: Mac = { high: 0xffff, low: -1 };
const BROADCAST_IP = 0xffff_ffff;
/** Waits between two questions: doubled from the first to the last [RFC 2131 4.1]. */
const FIRST_WAIT_MS = 2_000;
const LAST_WAIT_MS = 64_000;
/** Requests without an answer until it begins anew. */
const MAX_REQUESTS = 4;
/** A server that says nothing of a time means this; the least that is taken. */
const DEFAULT_LEASE_S = 3_600;
const MIN_LEASE_S = 10;
/** What it wants to know. */
const WANTED = Uint8Array.of(
  DhcpOption.subnetMask,
  DhcpOption.router,
  DhcpOption.dns,
  DhcpOption.domain,
  DhcpOption.mtu,
);

/** What a server gave. Addresses are unsigned numbers. */
export interface ClientLease {
  readonly address: number;
  readonly prefixLength: number;
  readonly server: number;
  readonly seconds: number;
}

export interface DhcpClientOptions {
  /** Leads to the network. */
  readonly port: Port;
  readonly mac: Mac;
  readonly hostName: string;
  /** The device is to have this address, in place of an earlier one; also at each renewal. */
  readonly bound: (lease: ClientLease) => void;
  /** It must not be used any longer. */
  readonly lost: (lease: ClientLease, why: string) => void;
  /** A whole number below 2^32. */
  readonly random: () => number;
}

type State = "stopped" | "selecting" | "requesting" | "rebooting" | "bound" | "renewing" | "rebinding";

export class DhcpClient implements Protocol {
  readonly name = "dhcp-client";
  readonly classes = FrameClass.dhcp4;
  readonly #options: DhcpClientOptions;
  readonly #packet = new PacketView();
  #host: ProtocolHost | null = null;
  #state: State = "stopped";
  #lease: ClientLease | null = null;
  #serverMac: Mac = BROADCAST;
  #offer: Dhcp4 | null = null;
  #xid = 0;
  #asked = 0;
  #askAt = 0;
  #leasedAt = 0;

  constructor(options: DhcpClientOptions) {
    this.#options = options;
  }

  get lease(): ClientLease | null {
    return this.#lease;
  }

  start(host: ProtocolHost): void {
    this.#host = host;
  }

  /** The network is there, at `now` (ms). */
  begin(now: number): void {
    this.#turn(this.#lease === null ? "selecting" : "rebooting", now);
  }

  /** The network is away; the address stays for as long as it was given. */
  pause(): void {
    if (this.#state !== "stopped") this.#state = this.#lease === null ? "stopped" : "bound";
  }

  /** Gives the address back, for good. */
  release(): void {
    const lease = this.#lease;
    if (lease !== null)
      this.#send(DhcpType.release, [[DhcpOption.server, addressBytes(lease.server)]], "unicast");
    this.#lease = null;
    this.#state = "stopped";
  }

  take(port: Port, frame: FrameCursor, now: number): Verdict {
    const message = port === this.#options.port ? this.#read(frame) : null;
    if (message === null) return null;
    const { type } = message;
    if (type === DhcpType.offer && this.#state === "selecting") this.#accept(message, now);
    else if (type === DhcpType.ack && this.#awaitsAck()) this.#bind(message, frame, now);
    else if (type === DhcpType.nak && this.#awaitsAck()) this.#lose("the server refuses it", now);
    return "consumed";
  }

  tick(now: number): void {
    if (this.#state === "stopped") return;
    this.#watchLease(now);
    if (this.#state === "bound" || now < this.#askAt) return;
    const isHopeless = this.#state === "requesting" || this.#state === "rebooting";
    if (isHopeless && this.#asked >= MAX_REQUESTS)
      this.#turn(this.#lease === null ? "selecting" : "bound", now);
    else this.#ask(now);
  }

  #watchLease(now: number): void {
    const lease = this.#lease;
    if (lease === null) return;
    const age = (now - this.#leasedAt) / 1_000;
    if (age >= lease.seconds) this.#lose("its time is over", now);
    else if (age >= (lease.seconds * 7) / 8 && this.#state === "renewing") this.#turn("rebinding", now);
    else if (age >= lease.seconds / 2 && this.#state === "bound") this.#turn("renewing", now);
  }

  #awaitsAck(): boolean {
    return this.#state !== "stopped" && this.#state !== "selecting" && this.#state !== "bound";
  }

  #turn(state: State, now: number): void {
    this.#state = state;
    this.#asked = 0;
    this.#xid = this.#options.random() >>> 0;
    if (state !== "bound") this.#ask(now);
  }

  #accept(offer: Dhcp4, now: number): void {
    if (addressOption(offer, DhcpOption.server) === 0 || offer.yourAddress === 0) return;
    this.#offer = offer;
    this.#state = "requesting";
    this.#asked = 0;
    this.#ask(now);
  }

  #bind(message: Dhcp4, frame: FrameCursor, now: number): void {
    const { options, yourAddress } = message;
    const time = options.get(DhcpOption.leaseTime);
    const seconds = Math.max(MIN_LEASE_S, time?.length === 4 ? read32(time, 0) : DEFAULT_LEASE_S);
    const server = addressOption(message, DhcpOption.server);
    const prefixLength = prefixOf(addressOption(message, DhcpOption.subnetMask));
    if (yourAddress === 0 || server === 0) return;
    const before = this.#lease;
    if (before !== null && before.address !== yourAddress)
      this.#options.lost(before, "another takes its place");
    this.#lease = { address: yourAddress, prefixLength, server, seconds };
    this.#leasedAt = now;
    this.#serverMac = { high: frame.sourceHigh, low: frame.sourceLow };
    this.#state = "bound";
    this.#options.bound(this.#lease);
  }

  #lose(why: string, now: number): void {
    const lease = this.#lease;
    this.#lease = null;
    if (lease !== null) this.#options.lost(lease, why);
    this.#turn("selecting", now);
  }

  #ask(now: number): void {
    this.#askAt = now + Math.min(LAST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(this.#asked, 8));
    this.#asked++;
    const lease = this.#lease;
    if (this.#state === "selecting") this.#send(DhcpType.discover, []);
    else if (this.#state === "requesting") {
      const server = addressOption(this.#offer!, DhcpOption.server);
      this.#send(DhcpType.request, [
        [DhcpOption.requestedAddress, addressBytes(this.#offer!.yourAddress)],
        [DhcpOption.server, addressBytes(server)],
      ]);
    } else if (this.#state === "rebooting" && lease !== null)
      this.#send(DhcpType.request, [[DhcpOption.requestedAddress, addressBytes(lease.address)]]);
    else this.#send(DhcpType.request, [], this.#state === "renewing" ? "unicast" : "broadcast");
  }

  #send(
    type: number,
    options: readonly (readonly [number, Uint8Array])[],
    way?: "unicast" | "broadcast",
  ): void {
    const { mac, hostName, port } = this.#options;
    const own = way === undefined ? 0 : (this.#lease?.address ?? 0);
    const question = writeDhcp4({
      ...{ op: BOOT_REQUEST, type, xid: this.#xid, hardware: mac, clientAddress: own },
      options: [...options, [DhcpOption.hostName, Buffer.from(hostName)], [DhcpOption.wanted, WANTED]],
    });
    const isUnicast = way === "unicast";
    const to = {
      mac: isUnicast ? this.#serverMac : BROADCAST,
      ip: isUnicast ? this.#lease!.server : BROADCAST_IP,
      port: DHCP_SERVER_PORT,
    };
    this.#host?.send(port, udp4Frame({ mac, ip: own, port: DHCP_CLIENT_PORT }, to, question));
  }

  /** An answer to our own question. */
  #read(frame: FrameCursor): Dhcp4 | null {
    const packet = this.#packet;
    packet.read(frame);
    const { bytes, networkAt, at, end, fragment, isFinal, kind } = packet;
    if (kind !== Packet.udp4 || fragment || !isFinal || read16(bytes, at + 2) !== DHCP_CLIENT_PORT)
      return null;
    if (frame.kind === RecordKind.frame && !isSoundUdp4(bytes, networkAt, at, end)) return null;
    const message = readDhcp4(bytes, at + UDP_HEADER, end);
    if (message === null || message.op !== BOOT_REPLY || message.xid !== this.#xid) return null;
    const { mac } = this.#options;
    const isOurs = message.hardware.high === mac.high && message.hardware.low === mac.low;
    return isOurs && this.#state !== "stopped" ? message : null;
  }
}

/** Of a mask; /24 where there is none, or one with gaps. */
function prefixOf(mask: number): number {
  const length = Math.clz32(~mask);
  return mask === 0 || (mask << length) >>> 0 !== 0 ? 24 : length;
}
