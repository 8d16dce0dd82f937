/**
 * What a plain port received, as a capture file, and what tshark finds wrong with it: checksums are judged by a
 * program that shares nothing with ours.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { promisify } from "node:util";

/** Longer than any frame, so that none is cut. */
const SNAP_BYTES = 262_144;
const ETHERNET = 1;

/** Writes frames to a file in the format of libpcap. */
export class CaptureFile {
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, "w");
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(SNAP_BYTES, 16);
    header.writeUInt32LE(ETHERNET, 20);
    writeSync(this.#fd, header);
  }

  write(frames: readonly Uint8Array[]): void {
    const ms = Date.now();
    const parts = frames.flatMap((frame) => {
      const header = Buffer.alloc(16);
      header.writeUInt32LE(Math.floor(ms / 1000), 0);
      header.writeUInt32LE((ms % 1000) * 1000, 4);
      header.writeUInt32LE(frame.length, 8);
      header.writeUInt32LE(frame.length, 12);
      return [header, frame];
    });
    writeSync(this.#fd, Buffer.concat(parts));
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The length of each captured frame, in a file of this machine's byte order. */
export function capturedLengths(path: string): number[] {
  const bytes = readFileSync(path);
  const lengths: number[] = [];
  for (let at = 24; at + 16 <= bytes.length; at += 16 + bytes.readUInt32LE(at + 8))
    lengths.push(bytes.readUInt32LE(at + 12));
  return lengths;
}

export interface Verdict {
  /** Packets whose checksum of that protocol was found right. */
  readonly ip: number;
  readonly tcp: number;
  readonly udp: number;
  /** Packets with a VLAN tag. */
  readonly tagged: number;
}

const FIELDS = ["ip.checksum.status", "tcp.checksum.status", "udp.checksum.status", "vlan.id"] as const;
const GOOD = "1";

/** Has tshark check every checksum; fails if one is bad or could not be checked, and says how many were good. */
export async function judge(path: string): Promise<Verdict> {
  const check = ["ip", "tcp", "udp"].flatMap((protocol) => ["-o", `${protocol}.check_checksum:TRUE`]);
  const fields = FIELDS.flatMap((field) => ["-e", field]);
  const argv = ["-r", path, ...check, "-T", "fields", "-E", "separator=,", ...fields];
  const { stdout } = await promisify(execFile)("tshark", argv, { maxBuffer: 64 * 1024 * 1024 });
  const rows = stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  const count = (column: number): number => {
    const found = rows.map((row) => row[column]!).filter((status) => status !== "");
    const faulty = found.filter((status) => status !== GOOD);
    assert.equal(faulty.length, 0, `${faulty.length} of ${found.length} have ${FIELDS[column]} ${faulty[0]}`);
    return found.length;
  };
  const tagged = rows.filter((row) => row[3] !== "").length;
  return { ip: count(0), tcp: count(1), udp: count(2), tagged };
}
