/**
 * Broadcast economy: answers "who has this address?" for the one who has it, where the answer is certain, so that the
 * question does not go to everybody. Certain is an address of which the guard knows whose it is, and whose host was heard
 * lately at its port. All else passes: probes and announcements, whose point is to reach everyone [RFC 5227], and questions about others.
 *
 * The answer comes from the host's own address, and is the one that the host would give.
 */
import { ARP_OPERATION, ARP_REQUEST, ARP_SENDER_IP, ARP_SENDER_MAC, ARP_TARGET_IP } from "../../frame/arp.js";
import { arpReply } from "../../frame/arp-writer.js";
import { internetChecksum, pseudoHeaderSum6 } from "../../frame/checksum.js";
import { ETHERNET_HEADER } from "../../frame/ethernet.js";
import { FrameClass } from "../../frame/frame-class.js";
import type { FrameCursor } from "../../frame/frame-cursor.js";
import { IPV6_SOURCE, PROTOCOL_ICMPV6 } from "../../frame/ip-source.js";
import { isUnspecified } from "../../frame/ip-source-neighbour.js";
import { GROUP_BIT, macBytes } from "../../frame/mac.js";
import { NeighbourType, NeighbourView } from "../../frame/neighbour-view.js";
import { Packet, PacketView } from "../../frame/packet-view.js";
import {
  IPV6_HEADER,
  IPV6_NEXT_HEADER,
  IPV6_PAYLOAD_LENGTH,
  read16,
  read32,
  TYPE_IPV6,
  write16,
} from "../../frame/segment-fields.js";
import type { Port } from "../port.js";
import type { Protocol, ProtocolHost, Verdict } from "../protocol.js";
import type { Binding, BindingTable } from "./binding-table.js";

/** Advertisement with one option for the target's address. */
const ADVERTISEMENT = 32;
const SOLICITED = 0x40;
const TARGET_ADDRESS_OPTION = 2;

export class Suppressor implements Protocol {
  readonly name = "suppression";
  readonly classes = FrameClass.arp | FrameClass.nd;
  readonly #bindings: BindingTable;
  readonly #packet = new PacketView();
  readonly #neighbour = new NeighbourView();
  #host: ProtocolHost | null = null;
  #answered = 0;
  #framesSaved = 0;

  /** The bindings of the network's guard, which is on. */
  constructor(bindings: BindingTable) {
    this.#bindings = bindings;
  }

  start(host: ProtocolHost): void {
    this.#host = host;
  }

  take(port: Port, frame: FrameCursor, now: number): Verdict {
    if ((frame.destinationHigh & GROUP_BIT) === 0) return null;
    this.#packet.read(frame);
    const answer =
      this.#packet.kind === Packet.arp
        ? this.#answerArp(port, frame, now)
        : this.#answerSolicitation(port, frame, now);
    if (answer === null) return null;
    const host = this.#host!;
    host.send(port, answer, frame.vlan);
    // The question goes no further, but whoever asked lives here.
    host.table.learn(frame.vlan, frame.sourceHigh, frame.sourceLow, port.place, now);
    this.#answered++;
    this.#framesSaved += Math.max(0, host.ports.length - 2);
    return "consumed";
  }

  /** How many questions it answered, and how many copies were not sent for it. */
  figures(): Readonly<Record<string, number>> {
    return { answered: this.#answered, framesSaved: this.#framesSaved };
  }

  #answerArp(port: Port, frame: FrameCursor, now: number): Uint8Array | null {
    const { bytes, networkAt: arp } = this.#packet;
    const target = read32(bytes, arp + ARP_TARGET_IP);
    const sender = read32(bytes, arp + ARP_SENDER_IP);
    if (read16(bytes, arp + ARP_OPERATION) !== ARP_REQUEST || sender === 0 || sender === target) return null;
    const binding = this.#certain(port, frame, arp + ARP_TARGET_IP, 4, now);
    if (binding === null) return null;
    const asker = { high: read16(bytes, arp + ARP_SENDER_MAC), low: read32(bytes, arp + ARP_SENDER_MAC + 2) };
    return arpReply({ mac: binding.mac, ip: target }, { mac: asker, ip: sender });
  }

  #answerSolicitation(port: Port, frame: FrameCursor, now: number): Uint8Array | null {
    const { bytes, networkAt } = this.#packet;
    const neighbour = this.#neighbour;
    if (this.#packet.kind !== Packet.icmp6 || !neighbour.read(this.#packet)) return null;
    if (neighbour.type !== NeighbourType.solicitation) return null;
    // From nowhere: is this address free? With no address for the answer: ask the host itself.
    if (isUnspecified(bytes, networkAt + IPV6_SOURCE) || neighbour.macAt < 0) return null;
    const binding = this.#certain(port, frame, neighbour.targetAt, 16, now);
    if (binding === null || binding.flags < 0) return null;
    return advertisement(bytes, networkAt + IPV6_SOURCE, neighbour.macAt, binding);
  }

  /** The binding of the address at frame.bytes[at], if its host is known to be there, behind another port. */
  #certain(port: Port, frame: FrameCursor, at: number, length: number, now: number): Binding | null {
    const found = this.#bindings.find(frame.vlan, frame.bytes, at, length);
    if (found === null || found.expiresAt <= now) return null;
    const owner = this.#host!.table.lookup(frame.vlan, found.mac.high, found.mac.low);
    return owner !== undefined && owner !== port && owner.name === found.portName ? found : null;
  }
}

/** A solicited advertisement [RFC 4861 4.4] with the flags of the host's own last one, to the address at bytes[asker]. */
function advertisement(bytes: Uint8Array, asker: number, askerMac: number, binding: Binding): Uint8Array {
  const ip = ETHERNET_HEADER;
  const at = ip + IPV6_HEADER;
  const frame = new Uint8Array(at + ADVERTISEMENT);
  const own = macBytes(binding.mac);
  frame.set(bytes.subarray(askerMac, askerMac + 6), 0);
  frame.set(own, 6);
  write16(frame, 12, TYPE_IPV6);
  frame[ip] = 0x60;
  write16(frame, ip + IPV6_PAYLOAD_LENGTH, ADVERTISEMENT);
  frame[ip + IPV6_NEXT_HEADER] = PROTOCOL_ICMPV6;
  frame[ip + IPV6_NEXT_HEADER + 1] = 255;
  frame.set(binding.address, ip + IPV6_SOURCE);
  frame.set(bytes.subarray(asker, asker + 16), ip + IPV6_SOURCE + 16);
  frame[at] = NeighbourType.advertisement;
  frame[at + 4] = binding.flags | SOLICITED;
  frame.set(binding.address, at + 8);
  frame.set([TARGET_ADDRESS_OPTION, 1, ...own], at + 24);
  const pseudo = pseudoHeaderSum6(frame, ip, PROTOCOL_ICMPV6, ADVERTISEMENT);
  write16(frame, at + 2, internetChecksum(frame, at, frame.length, pseudo));
  return frame;
}
