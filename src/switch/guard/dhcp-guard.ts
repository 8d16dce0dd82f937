/**
 * DHCP by roles [RFC 7610 for IPv6]: who is not trusted may ask, and nothing else. What a server or a relay agent would
 * say is refused from it, wherever it says so: by the port that clients listen on, by the kind of message, or by the
 * relay that a question claims to have passed. A question must be asked for the sender's own address, or one host could
 * use up a pool in the name of many.
 *
 * What trusted servers grant becomes bindings: the port is the one where the question with that transaction came in.
 */
import { LRUCache } from "lru-cache";
import {
  addressOption,
  BOOT_REQUEST,
  DHCP_CLIENT_PORT,
  DHCP_SERVER_PORT,
  type Dhcp4,
  DhcpOption,
  DhcpType,
  readDhcp4,
} from "../../frame/dhcp4.js";
import { addressBytes } from "../../frame/dhcp4-writer.js";
import {
  DHCP6_CLIENT_PORT,
  DHCP6_SERVER_PORT,
  Dhcp6Type,
  isFromDhcp6Client,
  readDhcp6,
} from "../../frame/dhcp6.js";
import type { FrameCursor } from "../../frame/frame-cursor.js";
import type { Mac } from "../../frame/mac.js";
import type { PacketView } from "../../frame/packet-view.js";
import { read16, read32, UDP_HEADER } from "../../frame/segment-fields.js";
import type { BindingTable } from "./binding-table.js";
import type { Sender } from "./sender.js";

/** Questions that wait for an answer. Older ones give way, and their answers bind nothing. */
const MAX_ASKED = 4_096;
/** An answer that takes longer is for a client that has given up [RFC 2131 4.1: at most 64 s]. */
const ASKED_MS = 120_000;
/** A lease without end is looked at again after this long. */
const FOREVER_MS = 365 * 86_400_000;
const FOREVER = 0xffff_ffff;

interface Asked {
  readonly portName: string;
  readonly vlan: number;
  readonly mac: Mac;
  readonly at: number;
}

export class DhcpGuard {
  readonly #bindings: BindingTable;
  readonly #asked = new LRUCache<string, Asked>({ maxSize: MAX_ASKED, sizeCalculation: () => 1 });

  constructor(bindings: BindingTable) {
    this.#bindings = bindings;
  }

  /** True if the datagram may pass. `now` in ms. */
  admits4(packet: PacketView, frame: FrameCursor, sender: Sender, now: number): boolean {
    const { bytes, at, end } = packet;
    const destination = read16(bytes, at + 2);
    if (destination !== DHCP_CLIENT_PORT && destination !== DHCP_SERVER_PORT) return true;
    if (destination === DHCP_CLIENT_PORT && !sender.trusted) return false;
    if (!packet.isFinal || packet.fragment) return sender.trusted;
    const message = readDhcp4(bytes, at + UDP_HEADER, end);
    if (message === null) return sender.trusted;
    if (!sender.trusted && !isOwnQuestion(message, frame)) return false;
    if (message.op === BOOT_REQUEST) this.#asked4(message, frame.vlan, sender.name, now);
    else if (sender.trusted && message.type === DhcpType.ack) this.#granted4(message, frame.vlan, now);
    return true;
  }

  /** As `admits4`, for DHCPv6. */
  admits6(packet: PacketView, frame: FrameCursor, sender: Sender, now: number): boolean {
    const { bytes, at, end } = packet;
    const destination = read16(bytes, at + 2);
    if (destination !== DHCP6_CLIENT_PORT && destination !== DHCP6_SERVER_PORT) return true;
    if (destination === DHCP6_CLIENT_PORT && !sender.trusted) return false;
    if (!packet.isFinal || packet.fragment || at + UDP_HEADER >= end) return sender.trusted;
    const isQuestion = isFromDhcp6Client(bytes[at + UDP_HEADER]!);
    if (!sender.trusted && !isQuestion) return false;
    const message = readDhcp6(bytes, at + UDP_HEADER, end);
    if (message === null) return sender.trusted;
    const key = `6/${frame.vlan}/${message.client}/${message.transaction}`;
    if (isQuestion) this.#note(key, frame.vlan, { portName: sender.name, mac: macOf(frame), at: now });
    else if (message.type === Dhcp6Type.reply)
      for (const { address, validSeconds } of message.addresses) this.#bind(key, address, validSeconds, now);
    return true;
  }

  #asked4(message: Dhcp4, vlan: number, portName: string, now: number): void {
    if (message.type === DhcpType.release || message.type === DhcpType.decline)
      this.#givenBack(message, vlan, portName);
    else this.#note(keyOf(message, vlan), vlan, { portName, mac: message.hardware, at: now });
  }

  #note(key: string, vlan: number, asked: Omit<Asked, "vlan">): void {
    this.#asked.set(key, { ...asked, vlan });
  }

  /** An answer to an inform gives no address. */
  #granted4(message: Dhcp4, vlan: number, now: number): void {
    if (message.yourAddress === 0) return;
    const lease = message.options.get(DhcpOption.leaseTime);
    const seconds = lease?.length === 4 ? read32(lease, 0) : 0;
    this.#bind(keyOf(message, vlan), addressBytes(message.yourAddress), seconds, now);
  }

  #bind(key: string, address: Uint8Array, seconds: number, now: number): void {
    const asked = this.#asked.get(key);
    if (asked === undefined || now - asked.at > ASKED_MS) return;
    const { vlan, mac, portName } = asked;
    const before = this.#bindings.find(vlan, address, 0, address.length);
    if (seconds === 0) {
      if (before?.portName === portName) this.#bindings.delete(before);
      return;
    }
    const expiresAt = now + (seconds === FOREVER ? FOREVER_MS : seconds * 1_000);
    const flags = before?.portName === portName ? before.flags : -1;
    this.#bindings.put({ vlan, address, mac, portName, origin: "dhcp", expiresAt, flags });
  }

  /** Only whoever has an address can give it back. */
  #givenBack(message: Dhcp4, vlan: number, portName: string): void {
    const address = message.clientAddress || addressOption(message, DhcpOption.requestedAddress);
    const found = this.#bindings.find(vlan, addressBytes(address), 0, 4);
    if (found === null || found.portName !== portName || found.origin !== "dhcp") return;
    if (found.mac.high === message.hardware.high && found.mac.low === message.hardware.low)
      this.#bindings.delete(found);
  }
}

/** A client's, about itself, that no relay agent has passed on [RFC 3046 2.1: nor marked]. */
function isOwnQuestion({ op, relay, hardware, options }: Dhcp4, frame: FrameCursor): boolean {
  if (op !== BOOT_REQUEST || relay !== 0 || options.has(DhcpOption.relay)) return false;
  return hardware.high === frame.sourceHigh && hardware.low === frame.sourceLow;
}

function keyOf({ hardware, xid }: Dhcp4, vlan: number): string {
  return `4/${vlan}/${hardware.high}/${hardware.low}/${xid}`;
}

function macOf({ sourceHigh: high, sourceLow: low }: FrameCursor): Mac {
  return { high, low };
}
