/**
 * A way out to the host's networks without any rights: passt answers ARP, DHCP and neighbour discovery itself and
 * makes the guest's connections its own. It serves one guest, and speaks QEMU's stream over a socket that it inherits.
 */
import { native } from "../native/native.js";
import { openCable, pairSocket } from "./cable.js";
import { UNKNOWN_MAX_FRAME } from "./exec.js";
import type { Link } from "./link.js";
import { StreamLink } from "./stream.js";

/** The first descriptor after the standard ones. */
const INHERITED = 3;
/** What it says of itself where no syslog listens. */
const NOISE = /^Failed to send \d+ bytes to syslog$/;

export interface PasstOptions {
  /** Options of passt(1), each with its value: ["--mtu", "1500"]. */
  readonly args: readonly string[];
  /** The program; by default what PATH has. */
  readonly program?: string;
  /** Called with each line that it writes to standard error. */
  said(line: string): void;
}

/** Starts passt; the link ends when it does, and it when the link does. Rejects with `missing`, `system`. */
export function openPasst({ args, program = "passt", said }: PasstOptions): Promise<Link> {
  const [ours, theirs] = native().socketPair("stream");
  const form = { kind: "passt", peer: "passt", capabilities: { maxFrame: UNKNOWN_MAX_FRAME } };
  return openCable({
    link: (ended) => new StreamLink((onread) => pairSocket(ours, onread), { ...form, ended }),
    program: {
      ...{ program, name: "passt", package: "passt" },
      args: ["--foreground", "--fd", String(INHERITED), ...args],
      descriptors: ["ignore", "ignore", theirs],
      said: (line) => {
        if (!NOISE.test(line)) said(line);
      },
    },
  });
}
