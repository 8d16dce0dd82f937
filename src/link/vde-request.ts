/**
 * What a client of a VDE switch says on its control socket: one packed record in the machine's own byte order
 * [vde-2, src/vde_switch/datasock.c], answered by the `struct sockaddr_un` of the socket that takes its frames.
 *
 *     version 3:  magic 32, version 32, type 32, sockaddr_un, description
 *     version 1:  magic 32, type 32, MAC address 48, sockaddr_un, description
 *
 * The low eight bits of the type are the kind of port, those above the number that the client wants, or 0.
 */
import { endianness } from "node:os";
import { TapswitchError } from "../errors.js";
import { UNIX_ADDRESS, unixAddress, unixPath } from "../native/socket-address.js";

export const VDE_MAGIC = 0xfeedface;
/** What the original switch reads of a request, bytes; the description ends there. */
export const MAX_VDE_REQUEST = 256;
/** Longest name that a description is made into. */
const MAX_DESCRIPTION = 64;
const HEADER = 8;
const MAC = 6;
/** Kinds of port: an ordinary one, and one that is not numbered on a wish. */
const ORDINARY = 0;
const UNNUMBERED = 1;

export interface VdeRequest {
  /** Where the client takes frames. */
  readonly path: string;
  /** The port number that it wants, or 0. */
  readonly port: number;
  /** Who it says it is; printable ASCII. */
  readonly description: string;
}

const isLittle = endianness() === "LE";

/** The request of version 3 that asks for a port. */
export function writeVdeRequest({ path, port, description }: VdeRequest): Buffer {
  const head = Buffer.alloc(HEADER + 4);
  for (const [at, word] of [VDE_MAGIC, 3, (port << 8) | ORDINARY].entries()) writeWord(head, at * 4, word);
  return Buffer.concat([head, unixAddress(path), Buffer.from(`${description}\0`)]).subarray(
    0,
    MAX_VDE_REQUEST,
  );
}

/** Collects a request out of the pieces in which it arrives. */
export class VdeRequestReader {
  #bytes: Buffer = Buffer.alloc(0);

  /** The request once it is whole, else null. Throws `protocol`, `version`. */
  feed(piece: Uint8Array): VdeRequest | null {
    const room = MAX_VDE_REQUEST - this.#bytes.length;
    this.#bytes = Buffer.concat([this.#bytes, piece.subarray(0, room)]);
    const bytes = this.#bytes;
    if (bytes.length >= 4 && readWord(bytes, 0) !== VDE_MAGIC)
      throw new TapswitchError("protocol", "the client of the VDE socket speaks another protocol");
    if (bytes.length < HEADER) return null;
    const version = readWord(bytes, 4);
    if (version === 3) return readRequest(bytes, HEADER, HEADER + 4);
    // In version 1 the kind of port, which is 0 or 1, stands where the others have their version.
    if (version <= UNNUMBERED) return readRequest(bytes, 4, HEADER + MAC);
    throw new TapswitchError(
      "version",
      `the client speaks version ${version} of VDE's protocol: this switch speaks 1 and 3`,
    );
  }
}

/** Reads the type at `typeAt` and what follows from `addressAt` on; null where there is less. */
function readRequest(bytes: Buffer, typeAt: number, addressAt: number): VdeRequest | null {
  const end = addressAt + UNIX_ADDRESS;
  if (bytes.length < end) return null;
  const type = readWord(bytes, typeAt);
  if ((type & 0xff) > UNNUMBERED)
    throw new TapswitchError(
      "protocol",
      `the VDE client asks for a port of an unknown kind (${type & 0xff})`,
    );
  const path = unixPath(bytes.subarray(addressAt, end));
  if (path === null || !path.startsWith("/"))
    throw new TapswitchError("protocol", "the VDE client names no path for its frames");
  const port = (type & 0xff) === UNNUMBERED ? 0 : type >>> 8;
  return { path, port, description: printable(bytes.subarray(end)) };
}

/** The text up to a zero byte, without what a log or a terminal should not be shown. */
function printable(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  const text = bytes.toString("latin1", 0, end < 0 ? bytes.length : end);
  return text
    .replace(/[^ -~]/g, "?")
    .slice(0, MAX_DESCRIPTION)
    .trim();
}

function readWord(bytes: Buffer, at: number): number {
  return isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
}

function writeWord(bytes: Buffer, at: number, value: number): void {
  if (isLittle) bytes.writeUInt32LE(value >>> 0, at);
  else bytes.writeUInt32BE(value >>> 0, at);
}
