/**
 * `struct sockaddr` as bytes in this machine's order: as the addon's calls take it, and as VDE's control protocol
 * carries it.
 */
import { isIPv6, SocketAddress } from "node:net";
import { endianness } from "node:os";

/** Bytes of `struct sockaddr_un` [unix(7)]. */
export const UNIX_ADDRESS = 110;
/** Longest path of a Unix socket, bytes: what `sun_path` holds beside its closing zero. */
export const MAX_UNIX_PATH = 107;

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const FAMILY = 2;
const isLittle = endianness() === "LE";

/** The address of a Unix socket's path, filled with zeros to its full size; of "" that of a socket without a name. */
export function unixAddress(path: string): Buffer {
  const address = family(AF_UNIX, path === "" ? FAMILY : UNIX_ADDRESS);
  address.subarray(0, FAMILY + MAX_UNIX_PATH).write(path, FAMILY);
  return address;
}

/** The path in a Unix socket's address, or null where it is none or has no path. */
export function unixPath(address: Uint8Array): string | null {
  const bytes = Buffer.from(address.buffer, address.byteOffset, address.byteLength);
  if (bytes.length <= FAMILY || readFamily(bytes) !== AF_UNIX) return null;
  const end = bytes.indexOf(0, FAMILY);
  const path = bytes.toString("utf8", FAMILY, end < 0 ? bytes.length : end);
  return path === "" ? null : path;
}

/** The address of a UDP socket: an IP address and a port. */
export function ipAddress(host: string, port: number): Buffer {
  const isV6 = isIPv6(host);
  const address = family(isV6 ? AF_INET6 : AF_INET, isV6 ? 28 : 16);
  address.writeUInt16BE(port, FAMILY);
  if (isV6) ipv6Bytes(host).copy(address, 8);
  else for (const [at, octet] of host.split(".").entries()) address[4 + at] = Number(octet);
  return address;
}

function ipv6Bytes(host: string): Buffer {
  const { address } = new SocketAddress({ address: host, family: "ipv6" });
  const dotted = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...octets: string[]) =>
    Buffer.from(octets.slice(0, 4).map(Number)).toString("hex").replace(/^.{4}/, "$&:"),
  );
  const [head = "", tail] = dotted.split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const after = groups(tail ?? "");
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - after.length;
  const all = [...groups(head), ...Array<string>(zeros).fill("0"), ...after];
  return Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex");
}

function family(number: number, size: number): Buffer {
  const address = Buffer.alloc(size);
  if (isLittle) address.writeUInt16LE(number);
  else address.writeUInt16BE(number);
  return address;
}

function readFamily(address: Buffer): number {
  return isLittle ? address.readUInt16LE() : address.readUInt16BE();
}
