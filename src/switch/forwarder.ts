/**
 * Where a frame goes that was let in: to the port that its destination lives behind, or to all others [802.1D-2004,
 * 7.7]. Rules about which port may send to which cost one comparison a frame while no port has any.
 */
import { FrameCursor } from "../frame/frame-cursor.js";
import { GROUP_BIT } from "../frame/mac.js";
import { RecordKind } from "../frame/record.js";
import type { Batch } from "../link/link.js";
import { Finisher } from "./finisher.js";
import type { GroupTable } from "./group-table.js";
import type { MacTable } from "./mac-table.js";
import type { Port } from "./port.js";
import { UNTAGGED } from "./port-vlans.js";
import type { Outgoing } from "./protocols.js";
import { VlanForms } from "./vlan-forms.js";

/** Memory of ports that have been quiet since the tick before is given back. */
const RELEASE_ABOVE_BYTES = 8_192;

export class Forwarder {
  /** Says where multicast goes; null: to all. */
  groups: GroupTable | null = null;
  readonly #ports: readonly Port[];
  readonly #table: MacTable<Port>;
  readonly #finisher = new Finisher();
  readonly #outgoing = new FrameCursor();
  /** Null while all ports are ordinary. */
  #vlans: VlanForms | null = null;
  /** Of frames that protocols send. */
  readonly #ownForms = new VlanForms();
  /** Some port may not get every frame. */
  #restricted = false;
  /** Neither that, nor has any port VLANs of its own: frames go as they are, to where they belong. */
  #isPlain = true;
  /** Ports with something to flush, and those that hold memory. */
  readonly #touched: Port[] = [];
  readonly #active = new Set<Port>();

  /** `ports` is the switch's own list, and changes. */
  constructor(ports: readonly Port[], table: MacTable<Port>) {
    this.#ports = ports;
    this.#table = table;
  }

  /** Null while all ports are ordinary. */
  get vlans(): VlanForms | null {
    return this.#vlans;
  }

  /** Ports have come or gone, or one's state has changed. */
  portsChanged(): void {
    this.#restricted = this.#ports.some(
      (port) => port.horizons !== 0 || !port.floodsUnknown || port.state !== "forwarding",
    );
    if (this.#ports.some((port) => !port.vlans.isOrdinary)) this.#vlans ??= new VlanForms();
    this.#isPlain = !this.#restricted && this.#vlans === null;
  }

  detached(port: Port): void {
    this.#active.delete(port);
    this.portsChanged();
  }

  /** Reads the offload header of a frame of kind 1, which all ports share; false where it does not fit the frame. */
  open(frame: FrameCursor): boolean {
    return this.#finisher.open(frame);
  }

  /** Forwards a frame that came in through `port` at `now` (ms). */
  forward(port: Port, frame: FrameCursor, now: number): void {
    if ((frame.destinationHigh & GROUP_BIT) !== 0) {
      this.#forwardGroup(port, frame);
      return;
    }
    const target = this.#table.lookup(frame.vlan, frame.destinationHigh, frame.destinationLow);
    if (target === undefined) this.#floodUnknown(port, frame, now);
    else if (target === port) return;
    // Usual, and the same as all that `#forwardTo` would find out: three calls in a row cost a twentieth of it all.
    else if (this.#isPlain && frame.kind === RecordKind.frame) this.#transmitAsIs(target, frame);
    else this.#forwardTo(target, port, frame);
  }

  /** Sends the frame out by `port` in the form that it has there. */
  transmit(port: Port, frame: FrameCursor): void {
    if (this.#vlans !== null && this.#vlans.form !== port.vlans.formOf(frame.vlan)) {
      if (this.#vlans.transmit(port, frame, port.vlans.formOf(frame.vlan))) this.#touched.push(port);
    } else if (frame.kind === RecordKind.offload) {
      if (this.#finisher.transmit(port, frame)) this.#touched.push(port);
    } else {
      this.#transmitAsIs(port, frame);
    }
  }

  /** Sends whole records out by `port`, as they are. */
  emit(port: Port, { bytes, start, end }: Batch): void {
    const frame = this.#outgoing;
    for (frame.open(bytes, start, end); frame.next(); ) this.#transmitAsIs(port, frame);
    this.flush();
  }

  /** Sends what a protocol has made. */
  emitFor({ port, bytes, vlan }: Outgoing): void {
    const frame = this.#outgoing;
    frame.open(bytes, 0, bytes.length);
    frame.next();
    const form = vlan === undefined ? UNTAGGED : port.vlans.formOf(vlan);
    if (form === UNTAGGED) this.#transmitAsIs(port, frame);
    else {
      this.#ownForms.enterUntagged(frame, vlan!);
      if (this.#ownForms.transmit(port, frame, form)) this.#touched.push(port);
    }
    this.flush();
    this.#ownForms.flushed();
  }

  /** Ends a batch: all that was transmitted leaves. */
  flush(): void {
    for (const port of this.#touched) {
      port.flush();
      if (port.memoryBytes > RELEASE_ABOVE_BYTES) this.#active.add(port);
    }
    this.#touched.length = 0;
    this.#vlans?.flushed();
  }

  /** Gives back the memory of ports that fell quiet. */
  release(): void {
    for (const port of this.#active) {
      port.release();
      if (port.memoryBytes === 0) this.#active.delete(port);
    }
  }

  #forwardTo(target: Port, port: Port, frame: FrameCursor): void {
    if (!this.#restricted || this.#mayGet(target, port)) this.transmit(target, frame);
    else port.drop(target.state === "forwarding" ? "isolated" : "blocked");
  }

  #forwardGroup(port: Port, frame: FrameCursor): void {
    const targets = this.groups === null ? null : this.groups.targets(frame, port);
    if (targets === null) this.#flood(port, frame, false);
    else
      for (const target of targets)
        if (target !== port && this.#mayGet(target, port)) this.transmit(target, frame);
  }

  #floodUnknown(port: Port, frame: FrameCursor, now: number): void {
    if (port.storm === null || port.storm.admits(frame, now)) this.#flood(port, frame, true);
    else port.drop("storm");
  }

  #flood(port: Port, frame: FrameCursor, isUnknown: boolean): void {
    port.counters.floods++;
    for (const other of this.#ports) {
      if (other === port || (this.#restricted && !this.#mayFlood(other, port, isUnknown))) continue;
      this.transmit(other, frame);
    }
  }

  #mayFlood(target: Port, from: Port, isUnknown: boolean): boolean {
    return (!isUnknown || target.floodsUnknown) && this.#mayGet(target, from);
  }

  #mayGet(target: Port, from: Port): boolean {
    return (from.horizons & target.horizons) === 0 && target.state === "forwarding";
  }

  #transmitAsIs(port: Port, frame: FrameCursor): void {
    if (frame.frameLength > port.maxFrame) port.refuse(frame, "oversize");
    else if (port.transmit(frame.bytes, frame.recordStart, frame.recordEnd, frame.frameLength))
      this.#touched.push(port);
  }
}
