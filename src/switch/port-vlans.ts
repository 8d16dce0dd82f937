/**
 * Which VLANs a port is a member of, and in which form their frames are on its wire [802.1Q 6.9, 8.8]. Inside the switch
 * a frame lives in one VLAN, whatever its bytes say; 0 is what has no tag and came in through an ordinary port.
 */
import { TapswitchError } from "../errors.js";
import { TAG_8021Q, TAG_SERVICE } from "../frame/ethernet.js";
import { MAX_VLAN, type VlanSet } from "../frame/vlan-set.js";

/** An ordinary port, where no rule is given, is a trunk of all VLANs whose untagged frames are in none. */
export type VlanRule =
  /** Untagged outside; tagged frames only of this very VLAN. */
  | { readonly access: number }
  /** Tagged with 802.1Q tags or service tags [802.1ad]; untagged frames are in the native VLAN, or refused. */
  | { readonly trunk: VlanSet; readonly native?: number; readonly service?: boolean }
  /** Whatever a customer sends is in this VLAN, tags of its own included: Q-in-Q. */
  | { readonly tunnel: number };

/** How a VLAN's frames are on a port's wire: not at all, untagged, or by the EtherType of their tag. */
export const NOT_MEMBER = -1;
export const UNTAGGED = 0;

export class PortVlans {
  static readonly ordinary = new PortVlans(null);
  /** The VLAN of untagged frames; -1: they are refused. */
  readonly untagged: number;
  /** EtherType of its tags. */
  readonly tagType: number;
  readonly isOrdinary: boolean;
  /** It does not look at tags. */
  readonly isTunnel: boolean;
  /** VLAN of an access port or tunnel; 0 of others. */
  readonly access: number;
  readonly #tagged: VlanSet | null;
  readonly #text: string;

  private constructor(rule: VlanRule | null) {
    const trunk = rule !== null && "trunk" in rule ? rule : null;
    this.isOrdinary = rule === null;
    this.isTunnel = rule !== null && "tunnel" in rule;
    this.tagType = trunk?.service === true ? TAG_SERVICE : TAG_8021Q;
    this.access = accessOf(rule);
    this.untagged = trunk === null ? this.access : checked(trunk.native ?? -1);
    this.#tagged = trunk?.trunk ?? null;
    this.#text = textOf(rule);
  }

  /** Throws `usage` where a number is no VLAN. */
  static of(rule: VlanRule | undefined): PortVlans {
    return rule === undefined ? PortVlans.ordinary : new PortVlans(rule);
  }

  /** How frames of this VLAN are on the wire. */
  formOf(vlan: number): number {
    if (vlan === this.untagged) return UNTAGGED;
    return this.isOrdinary || this.#tagged?.has(vlan) === true ? this.tagType : NOT_MEMBER;
  }

  /** Whether frames with this tag may come in. */
  takes(vlan: number): boolean {
    return this.formOf(vlan) !== NOT_MEMBER;
  }

  /** For people: "10", "trunk 1,10-20 native 1", "tunnel 100"; empty for an ordinary port. */
  toString(): string {
    return this.#text;
  }
}

function accessOf(rule: VlanRule | null): number {
  if (rule === null || "trunk" in rule) return 0;
  return checked("access" in rule ? rule.access : rule.tunnel, 1);
}

function checked(vlan: number, least = -1): number {
  if (Number.isInteger(vlan) && vlan >= least && vlan <= MAX_VLAN && vlan !== 0) return vlan;
  throw new TapswitchError("usage", `VLAN ${vlan}: a VLAN has a number from 1 to ${MAX_VLAN}`);
}

function textOf(rule: VlanRule | null): string {
  if (rule === null) return "";
  if ("access" in rule) return String(rule.access);
  if ("tunnel" in rule) return `tunnel ${rule.tunnel}`;
  const native = rule.native === undefined ? "" : ` native ${rule.native}`;
  return `${rule.service === true ? "service trunk" : "trunk"} ${rule.trunk}${native}`;
}
