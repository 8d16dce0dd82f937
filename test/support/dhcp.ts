/** DHCP messages in the words of the domain, and the wrappings in which they hide. */
import { BOOT_REPLY, BOOT_REQUEST, DHCP_CLIENT_PORT, DHCP_SERVER_PORT } from "../../src/frame/dhcp4.js";
import { type Dhcp4Fields, writeDhcp4 } from "../../src/frame/dhcp4-writer.js";
import { parseMac } from "../../src/frame/mac.js";
import { udp4Frame } from "../../src/frame/udp4.js";
import { type Address, BROADCAST, ethernet } from "./frames.js";

/** An IPv4 address as a number. */
export function ipOf(text: string): number {
  return text.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

export function ipText(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
}

export function macOfHost(address: Address): string {
  return typeof address === "string" ? address : address.mac;
}

export interface DhcpFrame extends Omit<Partial<Dhcp4Fields>, "hardware"> {
  readonly from: Address;
  readonly to?: Address;
  readonly sourceIp?: string;
  readonly destinationIp?: string;
  /** `chaddr`, where it is not the sender's. */
  readonly hardware?: Address;
}

/** From a client to all servers. */
export function fromClient({ from, type = 1, hardware = from, ...fields }: DhcpFrame): Buffer {
  const message = writeDhcp4({
    xid: 0x1234_5678,
    ...fields,
    op: fields.op ?? BOOT_REQUEST,
    type,
    hardware: parseMac(macOfHost(hardware)),
  });
  return dhcpFrame({ from, ...fields }, [DHCP_CLIENT_PORT, DHCP_SERVER_PORT], message);
}

/** From a server to a client. */
export function fromServer({ from, to = BROADCAST, type = 2, hardware = to, ...fields }: DhcpFrame): Buffer {
  const message = writeDhcp4({
    xid: 0x1234_5678,
    ...fields,
    op: fields.op ?? BOOT_REPLY,
    type,
    hardware: parseMac(macOfHost(hardware)),
  });
  return dhcpFrame({ from, to, ...fields }, [DHCP_SERVER_PORT, DHCP_CLIENT_PORT], message);
}

/** Any message between these two ports. */
export function dhcpFrame(
  { from, to = BROADCAST, sourceIp = "0.0.0.0", destinationIp = "255.255.255.255" }: DhcpFrame,
  [source, destination]: readonly [number, number],
  message: Uint8Array,
): Buffer {
  return udp4Frame(
    { mac: parseMac(macOfHost(from)), ip: ipOf(sourceIp), port: source },
    { mac: parseMac(macOfHost(to)), ip: ipOf(destinationIp), port: destination },
    message,
  );
}

/** A UDP header, its checksum left out. */
export function udpHeader(source: number, destination: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(source, 0);
  header.writeUInt16BE(destination, 2);
  header.writeUInt16BE(8 + payload.length, 4);
  return Buffer.concat([header, payload]);
}

/** A DHCPv6 option. */
export function option6(code: number, ...value: Uint8Array[]): Buffer {
  const body = Buffer.concat(value);
  return Buffer.concat([Buffer.of(code >>> 8, code, body.length >>> 8, body.length), body]);
}

/** A frame whose EtherType and what follows are given. */
export function framed(from: Address, type: number, payload: Uint8Array): Buffer {
  return ethernet({ to: BROADCAST, from }, type, payload);
}
