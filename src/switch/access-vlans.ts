/**
 * Ports whose frames have no tags, though inside the switch they live in a VLAN [802.1Q 6.9, 8.6]. Towards an ordinary
 * port such a frame carries the VLAN's tag; towards an access port of the same VLAN it carries none; other access
 * ports never see it. A frame keeps the form that it came in for as long as that will do. Where not, the other form is
 * made here, once, however many ports a flood reaches, and behind those of the batch's frames before it, so that
 * neighbours still leave as one run.
 */
import { CopyTarget } from "../frame/copy.js";
import type { DropReason } from "../frame/drop-reason.js";
import { FrameCursor } from "../frame/frame-cursor.js";
import { RecordKind } from "../frame/record.js";
import { hasTag, hasTrueTag, MAX_TAGGED_RECORD, writeTagged, writeUntagged } from "../frame/tag.js";
import { Finisher } from "./finisher.js";
import type { Port } from "./port.js";

/** The form of a frame that came in through an access port with a priority tag: no port sends it like that. */
const PRIORITY_TAGGED = -1;
/** Room for the other forms of a batch's frames: most batches are smaller, and a larger one takes room anew. */
const ARENA_BYTES = 131_072;
const NOTHING = new CopyTarget(0);

export class AccessVlans {
  readonly #tagged = new OtherForm();
  readonly #untagged = new OtherForm();
  #form = 0;
  #arena = NOTHING;
  #used = 0;

  /** The `accessVlan` of those ports that take the frame at hand as it is. */
  get form(): number {
    return this.#form;
  }

  /** Takes the next frame, which came in through a port of this `accessVlan`, and puts it in that VLAN. */
  enter(frame: FrameCursor, accessVlan: number): DropReason | null {
    this.#tagged.made = false;
    this.#untagged.made = false;
    this.#form = 0;
    if (accessVlan === 0) return null;
    if (frame.vlan !== 0 && frame.vlan !== accessVlan) return "vlan";
    if (!hasTrueTag(frame)) return "malformed";
    if (!hasTag(frame)) this.#form = accessVlan;
    else if (frame.vlan === 0) this.#form = PRIORITY_TAGGED;
    frame.vlan = accessVlan;
    return null;
  }

  /** Transmits the frame to a port that does not take it as it is; true where `Port.transmit` says so. */
  transmit(port: Port, frame: FrameCursor): boolean {
    if (port.accessVlan === 0) {
      if (!this.#tagged.made) this.#make(this.#tagged, writeTagged, frame);
      return this.#tagged.transmit(port);
    }
    if (port.accessVlan !== frame.vlan) return false;
    if (!this.#untagged.made) this.#make(this.#untagged, writeUntagged, frame);
    return this.#untagged.transmit(port);
  }

  /** The batch has been sent, and nobody reads its bytes any more. */
  flushed(): void {
    this.#used = 0;
  }

  #make(form: OtherForm, write: typeof writeTagged, frame: FrameCursor): void {
    if (this.#used + MAX_TAGGED_RECORD > this.#arena.bytes.length) {
      this.#arena = new CopyTarget(ARENA_BYTES);
      this.#used = 0;
    }
    const end = write(frame, this.#arena, this.#used);
    form.open(this.#arena.bytes, this.#used, end);
    this.#used = Math.max(this.#used, end);
  }
}

/** The frame at hand with its tag put in, or taken out. */
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
