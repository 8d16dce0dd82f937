/** A network with the built-in DHCP server, and clients in the words of RFC 2131. */

import { addressOption, type Dhcp4, DhcpOption, readDhcp4 } from "../../src/frame/dhcp4.js";
import { addressBytes } from "../../src/frame/dhcp4-writer.js";
import { parseMac } from "../../src/frame/mac.js";
import { DhcpStation } from "../../src/switch/dhcp/dhcp-station.js";
import type { DhcpSettings, Lease } from "../../src/switch/dhcp/lease.js";
import type { ProtocolEvent } from "../../src/switch/protocol.js";
import { type DhcpFrame, fromClient, ipOf, ipText } from "./dhcp.js";
import { type Host, Lab } from "./topology.js";

export const SERVER = "10.0.0.254";
export const SERVER_MAC = "02:5e:00:00:00:fe";

/** 10.0.0.100 to 10.0.0.103, for an hour. */
export const POOL: DhcpSettings = {
  subnet: ipOf("10.0.0.0"),
  prefixLength: 24,
  server: ipOf(SERVER),
  first: ipOf("10.0.0.100"),
  last: ipOf("10.0.0.103"),
  leaseSeconds: 3_600,
  routers: [ipOf("10.0.0.1")],
  dns: [ipOf("10.0.0.1"), ipOf("9.9.9.9")],
  domain: "lab",
  mtu: 1_400,
  vlan: 0,
  reserved: new Map(),
};

export function leasing(settings: Partial<DhcpSettings> = {}, leases: readonly Lease[] = []) {
  const lab = new Lab();
  const events: ProtocolEvent[] = [];
  const granted: string[] = [];
  const lan = lab.switch({ events: { told: (event) => void events.push(event) } });
  const station = new DhcpStation({
    settings: { ...POOL, ...settings },
    mac: parseMac(SERVER_MAC),
    leases,
    wallNow: () => 1e12 + lab.clock.now(),
    granted: (lease, seconds) => void granted.push(`${ipText(lease.address)} ${lease.portName} ${seconds}`),
  });
  lan.use(station);
  return { lab, lan, station, events, granted, ...lab.hosts(lan, "anna", "ben", "carl") };
}

/** What the host was told since anyone last sent. */
export function heard(host: Host): Dhcp4[] {
  return host.inbox.flatMap((frame) => {
    const isDhcp = frame.readUInt16BE(12) === 0x0800 && frame[23] === 17 && frame.readUInt16BE(36) === 68;
    return isDhcp ? [readDhcp4(frame, 42, frame.length)!] : [];
  });
}

/** As "2 10.0.0.100": message type and address. */
export function told(host: Host): string[] {
  return heard(host).map(({ type, yourAddress }) => `${type} ${ipText(yourAddress)}`);
}

/** Asks for an address and lets the server look whether it is free. Answers with the offer, or undefined. */
export function discover(lab: Lab, host: Host, fields: Partial<DhcpFrame> = {}): Dhcp4 | undefined {
  host.sends(fromClient({ from: host, type: 1, ...fields }));
  if (heard(host).length === 0) lab.advance(1_000);
  lab.settle();
  return heard(host)[0];
}

/** Takes the offer. Answers with what comes of it. */
export function request(host: Host, offer: Dhcp4, fields: Partial<DhcpFrame> = {}): string[] {
  const options = [
    [DhcpOption.server, addressBytes(addressOption(offer, DhcpOption.server))],
    [DhcpOption.requestedAddress, addressBytes(offer.yourAddress)],
  ] as const;
  host.sends(fromClient({ from: host, type: 3, options, ...fields }));
  return told(host);
}

/** The whole way to an address, as text. */
export function acquire(lab: Lab, host: Host, fields: Partial<DhcpFrame> = {}): string | undefined {
  const offer = discover(lab, host, fields);
  if (offer === undefined) return undefined;
  request(host, offer, fields.options === undefined ? {} : fields);
  return ipText(offer.yourAddress);
}

export function option(code: number, ...addresses: string[]): readonly [number, Uint8Array] {
  return [code, addressBytes(...addresses.map(ipOf))];
}
