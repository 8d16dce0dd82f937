/**
 * VLANs as a textbook describes them: a frame is taken apart on entry, lives in a VLAN, and is put together again for
 * each port. Slow and without any of the switch's code, for tests that compare the two.
 */
export interface PlainPort {
  /** Untagged frames are in this VLAN; 0: in none, null: refused. */
  readonly untagged: number | null;
  /** VLANs that are tagged here. */
  readonly tagged: readonly number[] | "all";
  readonly tagType: number;
  /** Tags are the customer's own business. */
  readonly tunnel: boolean;
}

export const ORDINARY: PlainPort = { untagged: 0, tagged: "all", tagType: 0x8100, tunnel: false };

/** What a switch without any addresses sends out of each other port; null: nothing. */
export function plainVlans(ports: readonly PlainPort[], from: number, bytes: Buffer): (Buffer | null)[] {
  const entered = enter(ports[from]!, bytes);
  if (entered === null) return ports.map(() => null);
  return ports.map((port, index) => (index === from ? null : leave(port, entered)));
}

interface Entered {
  readonly vlan: number;
  readonly priority: number;
  /** The frame without the VLAN's tag. */
  readonly payload: Buffer;
}

function enter(port: PlainPort, bytes: Buffer): Entered | null {
  const tag = port.tunnel ? null : tagOf(bytes, port.tagType);
  const payload = tag === null ? bytes : without(bytes);
  const vlan = tag === null ? 0 : tag & 0xfff;
  if (vlan !== 0) return isMember(port, vlan) ? { vlan, priority: tag! & 0xf000, payload } : null;
  if (port.untagged === null) return null;
  // In no VLAN at all, a frame is passed on as it is.
  if (port.untagged === 0) return { vlan: 0, priority: 0, payload: bytes };
  const customers = tagOf(bytes, 0x8100);
  const priority = tag ?? customers ?? 0;
  return { vlan: port.untagged, priority: priority & 0xf000, payload };
}

function leave(port: PlainPort, { vlan, priority, payload }: Entered): Buffer | null {
  if (port.untagged === vlan) return payload;
  if (vlan === 0 || !isMember(port, vlan)) return null;
  const tag = Buffer.alloc(4);
  tag.writeUInt16BE(port.tagType, 0);
  tag.writeUInt16BE(priority | vlan, 2);
  return Buffer.concat([payload.subarray(0, 12), tag, payload.subarray(12)]);
}

function isMember(port: PlainPort, vlan: number): boolean {
  return port.untagged === vlan || port.tagged === "all" || port.tagged.includes(vlan);
}

function tagOf(bytes: Buffer, type: number): number | null {
  return bytes.length >= 18 && bytes.readUInt16BE(12) === type ? bytes.readUInt16BE(14) : null;
}

function without(bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, 12), bytes.subarray(16)]);
}
