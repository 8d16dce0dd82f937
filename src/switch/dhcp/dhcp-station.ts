/**
 * The DHCP server's place in a network: it has a MAC and an IPv4 address but no port and no host. It hears questions
 * wherever they come in, answers through that port alone, and no other server gets to hear them.
 */

import { ARP_OPERATION, ARP_REQUEST, ARP_SENDER_IP, ARP_SENDER_MAC, ARP_TARGET_IP } from "../../frame/arp.js";
import { arpProbe, arpReply } from "../../frame/arp-writer.js";
import { DHCP_CLIENT_PORT, DHCP_SERVER_PORT, type Dhcp4, DhcpType, readDhcp4 } from "../../frame/dhcp4.js";
import { type Dhcp4Fields, writeDhcp4 } from "../../frame/dhcp4-writer.js";
import { FrameClass } from "../../frame/frame-class.js";
import type { FrameCursor } from "../../frame/frame-cursor.js";
import { ipv4FromNumber } from "../../frame/ip-text.js";
import { formatMac, type Mac } from "../../frame/mac.js";
import { Packet, PacketView } from "../../frame/packet-view.js";
import { RecordKind } from "../../frame/record.js";
import { read16, read32, UDP_HEADER } from "../../frame/segment-fields.js";
import { isSoundUdp4, udp4Frame } from "../../frame/udp4.js";
import type { Port } from "../port.js";
import type { Protocol, ProtocolHost, Verdict } from "../protocol.js";
import { type Answer, DhcpServer } from "./dhcp-server.js";
import type { DhcpSettings, Lease } from "./lease.js";
import type { Client } from "./lease-book.js";

/** Who has an address answers a probe at once; a client waits about four seconds for an offer. */
const PROBE_MS = 400;
/** Probes at once. A client that comes too late asks again. */
export const MAX_PROBES = 256;
/** Addresses of others that one question may run into. */
const MAX_TRIES = 4;
const BROADCAST: Mac = { high: 0xffff, low: -1 };
const BROADCAST_IP = 0xffff_ffff;

export interface DhcpStationOptions {
  readonly settings: DhcpSettings;
  readonly mac: Mac;
  readonly leases: Iterable<Lease>;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  /** A client behind that port has an address from now on, for so many seconds; `now` on the switch's clock. */
  readonly granted: (lease: Lease, seconds: number, now: number) => void;
}

interface Probe {
  readonly address: number;
  readonly client: Client;
  readonly question: Dhcp4;
  readonly port: Port;
  readonly sentAt: number;
  readonly tries: number;
}

export class DhcpStation implements Protocol {
  readonly name = "dhcp";
  readonly classes = FrameClass.dhcp4 | FrameClass.arp;
  readonly server: DhcpServer;
  readonly #options: DhcpStationOptions;
  readonly #packet = new PacketView();
  readonly #probes = new Map<number, Probe>();
  #host: ProtocolHost | null = null;
  #offers = 0;
  #acknowledged = 0;
  #refused = 0;
  #conflicts = 0;
  #unanswered = 0;

  constructor(options: DhcpStationOptions) {
    this.#options = options;
    this.server = new DhcpServer(options.settings, options.leases);
  }

  start(host: ProtocolHost): void {
    this.#host = host;
  }

  take(port: Port, frame: FrameCursor, now: number): Verdict {
    if (frame.vlan !== this.server.settings.vlan) return null;
    this.#packet.read(frame);
    const taken =
      this.#packet.kind === Packet.arp
        ? this.#takeArp(port, frame.vlan, now)
        : this.#packet.kind === Packet.udp4 && this.#takeDhcp(port, frame, now);
    if (!taken) return null;
    // The frame goes no further, but its sender lives here.
    this.#host!.table.learn(frame.vlan, frame.sourceHigh, frame.sourceLow, port.place, now);
    return "consumed";
  }

  /** Offers what was probed and nobody has. */
  tick(now: number): void {
    for (const probe of [...this.#probes.values()]) {
      if (now - probe.sentAt < PROBE_MS) continue;
      this.#probes.delete(probe.address);
      const { address, client, question, port } = probe;
      const offer = this.server.offer(address, client, question, this.#options.wallNow());
      if (offer !== null) this.#send(port, offer, now);
    }
  }

  detached(port: Port): void {
    for (const probe of [...this.#probes.values()])
      if (probe.port === port) this.#probes.delete(probe.address);
  }

  figures(): Readonly<Record<string, number>> {
    const now = this.#options.wallNow();
    const leased = this.server.book.all.filter((one) => one.state === "leased" && one.expiresAt > now);
    return {
      leased: leased.length,
      offers: this.#offers,
      acknowledged: this.#acknowledged,
      refused: this.#refused,
      conflicts: this.#conflicts,
      unanswered: this.#unanswered,
    };
  }

  /** True for a question about the server's own address. */
  #takeArp(port: Port, vlan: number, now: number): boolean {
    const { bytes, networkAt: arp } = this.#packet;
    const sender = read32(bytes, arp + ARP_SENDER_IP);
    const probe = this.#probes.get(sender);
    if (probe !== undefined) this.#conflict(probe, now);
    const { server } = this.server.settings;
    if (read16(bytes, arp + ARP_OPERATION) !== ARP_REQUEST || sender === server) return false;
    if (read32(bytes, arp + ARP_TARGET_IP) !== server) return false;
    const asker = {
      high: read16(bytes, arp + ARP_SENDER_MAC),
      low: read32(bytes, arp + ARP_SENDER_MAC + 2) | 0,
    };
    this.#host!.send(
      port,
      arpReply({ mac: this.#options.mac, ip: server }, { mac: asker, ip: sender }),
      vlan,
    );
    return true;
  }

  /** True for whatever is said to servers. */
  #takeDhcp(port: Port, frame: FrameCursor, now: number): boolean {
    const { bytes, networkAt, at, end, fragment, isFinal } = this.#packet;
    if (read16(bytes, at + 2) !== DHCP_SERVER_PORT) return false;
    const isSound =
      !fragment && isFinal && (frame.kind === RecordKind.offload || isSoundUdp4(bytes, networkAt, at, end));
    const message = isSound ? readDhcp4(bytes, at + UDP_HEADER, end) : null;
    if (message === null) return true;
    this.#act(this.server.answer(message, port.name, this.#options.wallNow()), port, 0, now);
    return true;
  }

  #act(answer: Answer, port: Port, tries: number, now: number): void {
    if (answer === null) this.#unanswered++;
    else if ("reply" in answer) this.#send(port, answer.reply, now);
    else this.#probe({ ...answer, address: answer.probe, port, sentAt: now, tries });
  }

  /** Asks everybody; whoever asked first for the address goes on waiting for it. */
  #probe(probe: Probe): void {
    const { address, client } = probe;
    for (const other of [...this.#probes.values()])
      if (other.client.id === client.id && other.address !== address) this.#probes.delete(other.address);
    const running = this.#probes.get(address);
    if (running !== undefined && running.client.id !== client.id) return;
    if (running !== undefined) {
      this.#probes.set(address, { ...probe, sentAt: running.sentAt });
      return;
    }
    if (this.#probes.size >= MAX_PROBES) return;
    this.#probes.set(address, probe);
    const question = arpProbe(this.#options.mac, address);
    for (const port of this.#host!.ports) this.#host!.send(port, question, this.server.settings.vlan);
  }

  #conflict({ address, client, question, port, tries }: Probe, now: number): void {
    this.#probes.delete(address);
    this.#conflicts++;
    const wallNow = this.#options.wallNow();
    this.server.taken(address, client, wallNow);
    this.#host!.tell({
      type: "dhcp-conflict",
      port,
      message: `${ipv4FromNumber(address)} is in use by somebody who did not get it from this server`,
    });
    if (tries < MAX_TRIES)
      this.#act(this.server.answer(question, client.portName, wallNow), port, tries + 1, now);
  }

  #send(port: Port, reply: Dhcp4Fields, now: number): void {
    this.#count(port, reply, now);
    const { server } = this.server.settings;
    const from = { mac: this.#options.mac, ip: server, port: DHCP_SERVER_PORT };
    const to = { ...addressee(reply), port: DHCP_CLIENT_PORT };
    this.#host!.send(port, udp4Frame(from, to, writeDhcp4(reply)), this.server.settings.vlan);
  }

  #count(port: Port, { type, yourAddress = 0, hardware }: Dhcp4Fields, now: number): void {
    if (type === DhcpType.offer) this.#offers++;
    else if (type === DhcpType.nak) this.#refused++;
    else this.#acknowledged++;
    const lease = this.server.book.at(yourAddress);
    if (type !== DhcpType.ack || lease === undefined) return;
    this.#options.granted(lease, this.server.settings.leaseSeconds, now);
    const text = ipv4FromNumber(yourAddress);
    const mac = formatMac(hardware);
    this.#host!.tell({
      type: "dhcp-lease",
      port,
      mac,
      message: `${text} leased to ${lease.hostName || mac}`,
    });
  }
}

/** To whom and how an answer goes [RFC 2131 4.1]: a client that has no address yet may only hear broadcasts. */
function addressee({ broadcast, clientAddress = 0, yourAddress = 0, hardware }: Dhcp4Fields): {
  mac: Mac;
  ip: number;
} {
  if (clientAddress !== 0) return { mac: hardware, ip: clientAddress };
  if (broadcast === true || yourAddress === 0) return { mac: BROADCAST, ip: BROADCAST_IP };
  return { mac: hardware, ip: yourAddress };
}
