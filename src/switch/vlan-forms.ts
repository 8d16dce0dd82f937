/**
 * The forms that a frame has on the wires of different ports: untagged, with the VLAN's 802.1Q tag, or with its service
 * tag [802.1Q 6.9, 8.6]. A frame keeps the form that it came in for as long as that will do. Where not, the other form
 * is made here, once, however many ports a flood reaches, and behind those of the batch's frames before it, so that
 * neighbours still leave as one run.
 */
import { CopyTarget } from "../frame/copy.js";
import type { DropReason } from "../frame/drop-reason.js";
import { TAG_8021Q, TAG_SERVICE } from "../frame/ethernet.js";
import { FrameCursor } from "../frame/frame-cursor.js";
import { RecordKind } from "../frame/record.js";
import {
  hasTrueTag,
  MAX_TAGGED_RECORD,
  tagOf,
  writeRetagged,
  writeTagged,
  writeUntagged,
} from "../frame/tag.js";
import { Finisher } from "./finisher.js";
import type { Port } from "./port.js";
import { NOT_MEMBER, type PortVlans, UNTAGGED } from "./port-vlans.js";

/** The form of a frame that came in with a priority tag: no port sends it like that. */
const PRIORITY_TAGGED = -2;
/** Room for the other forms of a batch's frames: most batches are smaller, and a larger one takes room anew. */
const ARENA_BYTES = 131_072;
const NOTHING = new CopyTarget(0);

export class VlanForms {
  readonly #untagged = new OtherForm();
  readonly #tagged = new OtherForm();
  readonly #service = new OtherForm();
  #form = UNTAGGED;
  #arena = NOTHING;
  #used = 0;

  /** How the frame at hand is: it leaves as it is where `PortVlans.formOf` its VLAN is the same. */
  get form(): number {
    return this.#form;
  }

  /** Takes the next frame, which came in through a port of these VLANs, and puts it in its VLAN. */
  enter(frame: FrameCursor, vlans: PortVlans): DropReason | null {
    this.#begin();
    if (!vlans.isOrdinary) return vlans.isTunnel ? this.#put(frame, vlans.access) : this.#sort(frame, vlans);
    this.#form = frame.vlan === 0 ? UNTAGGED : TAG_8021Q;
    return null;
  }

  /** Takes an untagged frame of our own, in any VLAN. */
  enterUntagged(frame: FrameCursor, vlan: number): void {
    this.#begin();
    this.#put(frame, vlan);
  }

  /** Transmits the frame to a port where it has another form than it has now; true where `Port.transmit` says so. */
  transmit(port: Port, frame: FrameCursor, form: number): boolean {
    if (form === NOT_MEMBER) return false;
    const other = this.#other(form);
    if (!other.made) this.#make(other, frame, form);
    return other.transmit(port);
  }

  /** The batch has been sent, and nobody reads its bytes any more. */
  flushed(): void {
    this.#used = 0;
  }

  #begin(): void {
    this.#untagged.made = false;
    this.#tagged.made = false;
    this.#service.made = false;
  }

  /** Ingress classification and filtering [802.1Q 6.9.1, 8.6.2]. */
  #sort(frame: FrameCursor, vlans: PortVlans): DropReason | null {
    const tag = tagOf(frame, vlans.tagType);
    if (tag > 0 ? !vlans.takes(tag) : vlans.untagged < 0) return "vlan";
    if (tag >= 0 && !hasTrueTag(frame)) return "malformed";
    frame.vlan = tag > 0 ? tag : vlans.untagged;
    this.#form = tag > 0 ? vlans.tagType : tag === 0 ? PRIORITY_TAGGED : UNTAGGED;
    return null;
  }

  #put(frame: FrameCursor, vlan: number): null {
    frame.vlan = vlan;
    this.#form = UNTAGGED;
    return null;
  }

  #other(form: number): OtherForm {
    if (form === UNTAGGED) return this.#untagged;
    return form === TAG_SERVICE ? this.#service : this.#tagged;
  }

  #make(other: OtherForm, frame: FrameCursor, form: number): void {
    if (this.#used + MAX_TAGGED_RECORD > this.#arena.bytes.length) {
      this.#arena = new CopyTarget(ARENA_BYTES);
      this.#used = 0;
    }
    const end = this.#write(frame, form);
    other.open(this.#arena.bytes, this.#used, end);
    this.#used = Math.max(this.#used, end);
  }

  #write(frame: FrameCursor, form: number): number {
    // An ordinary port does not look where a checksum goes; whoever takes its tag off must.
    if (this.#form !== UNTAGGED && !hasTrueTag(frame)) return -1;
    if (form === UNTAGGED) return writeUntagged(frame, this.#arena, this.#used);
    return this.#form === UNTAGGED
      ? writeTagged(frame, form, this.#arena, this.#used)
      : writeRetagged(frame, form, this.#arena, this.#used);
  }
}

/** The frame at hand in another form. */
class OtherForm {
  made = false;
  readonly #frame = new FrameCursor();
  readonly #finisher = new Finisher();
  #valid = false;

  /** Takes the record in bytes[start, end); -1 for `end` where it could not be made. */
  open(bytes: Buffer, start: number, end: number): void {
    this.made = true;
    this.#frame.open(bytes, start, end);
    this.#valid = this.#frame.next();
    if (this.#valid && this.#frame.kind === RecordKind.offload)
      this.#valid = this.#finisher.open(this.#frame);
  }

  transmit(port: Port): boolean {
    const frame = this.#frame;
    if (!this.#valid) port.drop("malformed");
    else if (frame.kind === RecordKind.offload) return this.#finisher.transmit(port, frame);
    else if (frame.frameLength > port.maxFrame) port.refuse(frame, "oversize");
    else return port.transmit(frame.bytes, frame.recordStart, frame.recordEnd, frame.frameLength);
    return false;
  }
}
