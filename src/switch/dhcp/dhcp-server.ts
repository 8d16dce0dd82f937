/**
 * What a DHCP server answers [RFC 2131 4.3]: a message and who sent it go in, an answer comes out. It sends nothing
 * itself; before an address is offered that its client does not have yet, it wants it probed [RFC 2131 4.4.1, 2.2].
 */
import {
  addressOption,
  BOOT_REPLY,
  BOOT_REQUEST,
  type Dhcp4,
  DhcpOption,
  DhcpType,
} from "../../frame/dhcp4.js";
import { addressBytes, type Dhcp4Fields } from "../../frame/dhcp4-writer.js";
import { macBytes } from "../../frame/mac.js";
import type { DhcpSettings, Lease } from "./lease.js";
import { type Client, isHeld, LeaseBook } from "./lease-book.js";

/** Of a client's own name, bytes [RFC 1035 2.3.4]; of its identifier, in hexadecimal. */
const MAX_HOST_NAME = 63;
const MAX_CLIENT_ID = 128;

/** What is to be done about a message: nothing, an answer, or an answer once nobody says that the address is his. */
export type Answer =
  | null
  | { readonly reply: Dhcp4Fields }
  | { readonly probe: number; readonly client: Client; readonly question: Dhcp4 };

export class DhcpServer {
  readonly book: LeaseBook;
  #settings: DhcpSettings;
  /** Something was leased, given back or found to be another's since this was set to false. */
  changed = false;

  constructor(settings: DhcpSettings, leases: Iterable<Lease> = []) {
    this.#settings = settings;
    this.book = new LeaseBook(settings, leases);
  }

  get settings(): DhcpSettings {
    return this.#settings;
  }

  configure(settings: DhcpSettings): void {
    this.#settings = settings;
    this.book.configure(settings);
    this.changed = true;
  }

  /** Answers the message that came in through the port of that name; `now` in ms since 1970. */
  answer(message: Dhcp4, portName: string, now: number): Answer {
    // Relay agents speak for other networks than this one.
    if (message.op !== BOOT_REQUEST || message.relay !== 0) return null;
    const client = clientOf(message, portName);
    switch (message.type) {
      case DhcpType.discover:
        return this.#discover(message, client, now);
      case DhcpType.request:
        return this.#request(message, client, now);
      case DhcpType.decline:
        return this.#decline(message, client, now);
      case DhcpType.release:
        return this.#release(message, client, now);
      case DhcpType.inform:
        return { reply: this.#reply(message, DhcpType.ack, 0) };
      default:
        return null;
    }
  }

  /** Nobody has said that the address is his: here is the offer. Null where it has gone to another meanwhile. */
  offer(address: number, client: Client, question: Dhcp4, now: number): Dhcp4Fields | null {
    if (!this.book.isFree(address, client, now)) return null;
    this.book.offer(client, address, now);
    return this.#reply(question, DhcpType.offer, address);
  }

  /** Somebody says that he has the address that was to be offered. */
  taken(address: number, client: Client, now: number): void {
    this.book.conflict(address, client, now);
    this.changed = true;
  }

  #discover(message: Dhcp4, client: Client, now: number): Answer {
    const address = this.book.choose(client, addressOption(message, DhcpOption.requestedAddress), now);
    if (address === null) return null;
    const own = this.book.at(address);
    const isIts = own?.client === client.id && isHeld(own, now);
    if (!isIts) return { probe: address, client, question: message };
    const reply = own.state === "leased" ? null : this.offer(address, client, message, now);
    return { reply: reply ?? this.#reply(message, DhcpType.offer, address) };
  }

  #request(message: Dhcp4, client: Client, now: number): Answer {
    const server = addressOption(message, DhcpOption.server);
    const wanted = addressOption(message, DhcpOption.requestedAddress);
    if (server !== 0) return this.#select(message, client, server, wanted, now);
    return message.clientAddress === 0
      ? this.#reboot(message, client, wanted, now)
      : this.#renew(message, client, now);
  }

  /** It has chosen among the offers of all servers. */
  #select(message: Dhcp4, client: Client, server: number, wanted: number, now: number): Answer {
    const own = this.book.of(client.id);
    if (server !== this.#settings.server) {
      if (own?.state === "offered") this.book.release(client, now);
      return null;
    }
    const isOffered = own !== undefined && own.address === wanted && isHeld(own, now);
    return isOffered ? this.#acknowledge(message, client, wanted, now) : this.#refuse(message);
  }

  /** It had an address before it was started again. Of one who is unknown another server may know. */
  #reboot(message: Dhcp4, client: Client, wanted: number, now: number): Answer {
    if (!this.#isOnNetwork(wanted)) return this.#refuse(message);
    const own = this.book.of(client.id);
    if (own === undefined) return null;
    const isIts = own.address === wanted && this.book.isFree(wanted, client, now);
    return isIts ? this.#acknowledge(message, client, wanted, now) : this.#refuse(message);
  }

  /** It uses its address and wants it for longer. Of a lease that was lost with a state folder it has the only record. */
  #renew(message: Dhcp4, client: Client, now: number): Answer {
    const { clientAddress } = message;
    if (this.book.isFree(clientAddress, client, now))
      return this.#acknowledge(message, client, clientAddress, now);
    return this.#isOnNetwork(clientAddress) || this.book.of(client.id) !== undefined
      ? this.#refuse(message)
      : null;
  }

  /** It found that somebody else has the address. Only what it was given it can complain about. */
  #decline(message: Dhcp4, client: Client, now: number): null {
    const address = addressOption(message, DhcpOption.requestedAddress);
    const own = this.book.of(client.id);
    if (own?.address === address && isHeld(own, now)) this.taken(address, client, now);
    return null;
  }

  #release(message: Dhcp4, client: Client, now: number): null {
    const own = this.book.of(client.id);
    if (own?.address === message.clientAddress && own.portName === client.portName) {
      this.book.release(client, now);
      this.changed = true;
    }
    return null;
  }

  #acknowledge(message: Dhcp4, client: Client, address: number, now: number): Answer {
    this.book.lease(client, address, now);
    this.changed = true;
    return { reply: this.#reply(message, DhcpType.ack, address) };
  }

  #refuse(message: Dhcp4): Answer {
    const { xid, hardware } = message;
    const options = [[DhcpOption.server, addressBytes(this.#settings.server)]] as const;
    return { reply: { op: BOOT_REPLY, type: DhcpType.nak, xid, hardware, broadcast: true, options } };
  }

  /** With the address, and the time for which it is given; an answer to an inform has neither. */
  #reply(question: Dhcp4, type: number, address: number): Dhcp4Fields {
    const { xid, hardware, broadcast, clientAddress } = question;
    const kept = type === DhcpType.ack ? { clientAddress } : {};
    const options = [...(address === 0 ? [] : this.#times()), ...this.#options()];
    return { op: BOOT_REPLY, type, xid, hardware, broadcast, ...kept, yourAddress: address, options };
  }

  /** It asks again after half the time, and anyone after seven eighths [RFC 2131 4.4.5]. */
  #times(): (readonly [number, Uint8Array])[] {
    const { leaseSeconds } = this.#settings;
    return [
      [DhcpOption.leaseTime, addressBytes(leaseSeconds)],
      [DhcpOption.renewal, addressBytes(Math.floor(leaseSeconds / 2))],
      [DhcpOption.rebinding, addressBytes(Math.floor((leaseSeconds * 7) / 8))],
    ];
  }

  #options(): (readonly [number, Uint8Array])[] {
    const { server, subnet, prefixLength, routers, dns, domain, mtu } = this.#settings;
    const mask = maskOf(prefixLength);
    const options: (readonly [number, Uint8Array])[] = [
      [DhcpOption.server, addressBytes(server)],
      [DhcpOption.subnetMask, addressBytes(mask)],
      [DhcpOption.broadcast, addressBytes((subnet | ~mask) >>> 0)],
    ];
    if (routers.length > 0) options.push([DhcpOption.router, addressBytes(...routers)]);
    if (dns.length > 0) options.push([DhcpOption.dns, addressBytes(...dns)]);
    if (domain !== null) options.push([DhcpOption.domain, Buffer.from(domain)]);
    if (mtu > 0) options.push([DhcpOption.mtu, Uint8Array.of(mtu >>> 8, mtu)]);
    return options;
  }

  #isOnNetwork(address: number): boolean {
    const { subnet, prefixLength } = this.#settings;
    return (address & maskOf(prefixLength)) >>> 0 === subnet;
  }
}

/** The mask of a prefix, as an unsigned number. */
export function maskOf(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (-1 << (32 - prefixLength)) >>> 0;
}

function clientOf({ hardware, options }: Dhcp4, portName: string): Client {
  const id = options.get(DhcpOption.clientId);
  const own = Buffer.from(id === undefined || id.length < 2 ? macBytes(hardware) : id).toString("hex");
  const name = Buffer.from(options.get(DhcpOption.hostName) ?? []).toString("latin1");
  const hostName = /^[\x21-\x7e]+$/.test(name) ? name.slice(0, MAX_HOST_NAME) : "";
  return { id: own.slice(0, MAX_CLIENT_ID), mac: hardware, portName, hostName };
}
