/**
 * A way out to the host's networks without any rights: passt answers ARP, DHCP and neighbour discovery itself and
 * makes the guest's connections its own. It serves one guest, and speaks QEMU's stream over a socket that it inherits.
 */
import { native } from "../native/native.js";
import { CableProgram } from "./cable-program.js";
import { pairSocket, UNKNOWN_MAX_FRAME } from "./exec.js";
import type { Link } from "./link.js";
import { StreamLink } from "./stream.js";

/** The first descriptor after the standard ones. */
const INHERITED = 3;

export interface PasstOptions {
  /** Options of passt(1), each with its value: ["--mtu", "1500"]. */
  readonly args: readonly string[];
  /** The program; by default what PATH has. */
  readonly program?: string;
  /** Called with each line that it writes to standard error. */
  said(line: string): void;
}

/** Starts passt; the link ends when it does, and it when the link does. */
export function openPasst({ args, program = "passt", said }: PasstOptions): Link {
  const [ours, theirs] = native().socketPair("stream");
  const link = new StreamLink((onread) => pairSocket(ours, onread), {
    kind: "passt",
    peer: "passt",
    capabilities: { maxFrame: UNKNOWN_MAX_FRAME },
    ended: () => passt.stop(),
  });
  const passt = new CableProgram({
    program,
    args: ["--foreground", "--fd", String(INHERITED), ...args],
    descriptors: ["ignore", "ignore", theirs],
    package: "passt",
    said,
    ended: (why) => link.close(why),
  });
  native().closeSocket(theirs);
  return link;
}
