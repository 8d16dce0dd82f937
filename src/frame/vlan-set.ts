/** Which of the VLANs 1 to 4094 are meant [802.1Q table 9-2], as people write it: "1,10-20" or "all". */
import { TapswitchError } from "../errors.js";

/** The highest VLAN ID; 4095 is reserved, and 0 is for priority tags. */
export const MAX_VLAN = 4_094;

export class VlanSet {
  static readonly all = new VlanSet([[1, MAX_VLAN]]);
  readonly #ranges: readonly (readonly [number, number])[];
  /** A byte for each, so that asking for a frame's VLAN is one read. */
  readonly #members = new Uint8Array(MAX_VLAN + 2);

  private constructor(ranges: readonly (readonly [number, number])[]) {
    this.#ranges = ranges;
    for (const [first, last] of ranges) this.#members.fill(1, first, last + 1);
  }

  /** Throws `usage`. */
  static parse(text: string): VlanSet {
    if (text === "all") return VlanSet.all;
    return new VlanSet(text.split(",").map(parseRange));
  }

  has(vlan: number): boolean {
    return this.#members[vlan] === 1;
  }

  /** As it is written, the ranges in order and joined. */
  toString(): string {
    if (this === VlanSet.all) return "all";
    const ranges: [number, number][] = [];
    for (const [first, last] of [...this.#ranges].sort(([one], [other]) => one - other)) {
      const before = ranges.at(-1);
      if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
      else ranges.push([first, last]);
    }
    return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
  }
}

function parseRange(text: string): readonly [number, number] {
  const [, first, last = first] = /^\s*(\d{1,4})(?:-(\d{1,4}))?\s*$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === undefined || from < 1 || to > MAX_VLAN || from > to)
    throw new TapswitchError("usage", `'${text}' is no VLAN from 1 to ${MAX_VLAN}, and no range as 10-20`);
  return [from, to];
}
