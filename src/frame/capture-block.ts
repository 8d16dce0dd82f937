/** What the formats of capture files have in common. Both throw plain sentences; the scanner adds the place. */

/** A packet as it lies in the scanner's memory. */
export interface PacketPlace {
  start: number;
  end: number;
  /** Bytes of the packet on the wire; more than are there where it was cut short. */
  length: number;
  /** Milliseconds since 1970; NaN where it has no time of its own. */
  timeMs: number;
}

/** One format's view of a file: how long the next block is, and what it says. */
export interface BlockFormat {
  /** Bytes of the block at `at`, or 0 where more bytes are needed to tell. */
  size(bytes: Buffer, at: number, end: number): number;
  /** Reads a whole block; true if it was a packet, which `place` is then. */
  read(bytes: Buffer, at: number, end: number, place: PacketPlace): boolean;
}

/** LINKTYPE_ETHERNET. */
const ETHERNET = 1;
/** The common others [tcpdump.org/linktypes.html]. */
const NAMES: Readonly<Record<number, string>> = {
  0: "BSD loopback",
  101: "raw IP",
  105: "802.11",
  113: "Linux cooked capture, as of tcpdump -i any",
  127: "802.11 with radiotap",
  276: "Linux cooked capture, as of tcpdump -i any",
};

/** Throws where packets of this link type are no Ethernet frames. */
export function requireEthernet(linkType: number): void {
  if (linkType === ETHERNET) return;
  const name = NAMES[linkType];
  throw new Error(`link type ${linkType}${name === undefined ? "" : ` (${name})`} is not Ethernet`);
}
