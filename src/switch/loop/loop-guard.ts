/**
 * Finds loops that nobody meant to make, and cuts them. Every port sends a signed probe now and then; where one comes
 * in again through another port, frames go round, and the port whose link is the younger one is cut off. It goes on
 * sending and taking probes, so the guard sees, without opening it, whether the loop is still there.
 *
 * Ports through which frames come in are probed every second: in a loop with any traffic those are its ports. All others
 * have their turn every eight seconds, in eight groups, so that a thousand idle ports cost next to nothing.
 *
 * Where several switches are in a loop, only one should cut it. The one whose random name comes first does so at
 * once; the others give it a second. Bridges that run spanning tree cut the loop themselves, and then no probe returns.
 */
import { createHash, createHmac, randomBytes } from "node:crypto";
import { ETHERNET_HEADER, ETHERTYPE } from "../../frame/ethernet.js";
import { FrameClass, TYPE_LOOP_PROBE } from "../../frame/frame-class.js";
import type { FrameCursor } from "../../frame/frame-cursor.js";
import { networkStart } from "../../frame/ip-source.js";
import {
  INSTANCE_BYTES,
  isLoopProbe,
  LOOP_PROBE_LENGTH,
  LoopProbeReader,
  SIGNATURE_BYTES,
  writeLoopProbe,
} from "../../frame/loop-probe.js";
import { localMac, type Mac } from "../../frame/mac.js";
import { read16 } from "../../frame/segment-fields.js";
import type { Port } from "../port.js";
import type { Protocol, ProtocolHost, Verdict } from "../protocol.js";
import { LoopCuts } from "./loop-cuts.js";
import { WatchedPort } from "./watched-port.js";

/** A port without traffic is probed once in so many ticks. */
export const IDLE_TICKS = 8;
/** A new link is probed every second for so long: cables are plugged into loops, and loops found, at the start. */
export const FRESH_MS = 5_000;
/** Signatures checked in one period: one for each probe of a thousand ports that comes round, and no more for forgers. */
export const MAX_CHECKS = 2_048;

export interface LoopGuardOptions {
  /** Default: random. */
  readonly instance?: Buffer;
}

export class LoopGuard implements Protocol {
  readonly name = "loop-probe";
  readonly classes = FrameClass.loopProbe;
  readonly #instance: Buffer;
  readonly #key = randomBytes(32);
  readonly #watched = new Map<Port, WatchedPort>();
  readonly #byNumber = new Map<number, WatchedPort>();
  readonly #reader = new LoopProbeReader();
  readonly #frame = Buffer.alloc(LOOP_PROBE_LENGTH);
  readonly #figures = { probesSent: 0, probesReturned: 0, forgeries: 0 };
  #cuts: LoopCuts | null = null;
  #host: ProtocolHost | null = null;
  #links = 0;
  #ticks = 0;
  #checks = MAX_CHECKS;

  constructor(options: LoopGuardOptions = {}) {
    this.#instance = options.instance ?? randomBytes(INSTANCE_BYTES);
  }

  start(host: ProtocolHost): void {
    this.#host = host;
    this.#cuts = new LoopCuts(host);
  }

  attached(port: Port): void {
    const watched = new WatchedPort(port);
    this.#watched.set(port, watched);
    this.#byNumber.set(port.id, watched);
    if (port.link !== null) watched.linked(true, ++this.#links, 0);
  }

  linked(port: Port, now: number): void {
    const watched = this.#watched.get(port)!;
    this.#cuts!.left(watched, this.#watched.values(), now);
    watched.linked(port.link !== null, ++this.#links, now);
  }

  detached(port: Port): void {
    const watched = this.#watched.get(port)!;
    this.#watched.delete(port);
    this.#byNumber.delete(port.id);
    this.#cuts!.left(watched, this.#watched.values(), watched.upAt);
  }

  take(port: Port, frame: FrameCursor, now: number): Verdict {
    const { bytes, frameStart, recordEnd, vlan } = frame;
    const reader = this.#reader;
    // Others may experiment with this EtherType, though not with our address.
    if (!reader.read(bytes, payloadStart(bytes, frameStart, recordEnd), recordEnd))
      return isLoopProbe(frame.destinationHigh, frame.destinationLow) ? "malformed" : null;
    const order = reader.compareWith(this.#instance);
    if (order !== 0) return this.#foreign(this.#watched.get(port)!, order < 0, now);
    this.#returned(this.#watched.get(port)!, vlan === 0 ? port.vlans.untagged : vlan, now);
    return "consumed";
  }

  tick(now: number): void {
    this.#ticks++;
    this.#checks = MAX_CHECKS;
    for (const watched of this.#watched.values()) {
      watched.foreign.turn();
      this.#cuts!.tick(watched, now);
      const active = watched.takeActivity() || watched.cut !== null || now - watched.upAt < FRESH_MS;
      if (active || (this.#ticks + watched.port.id) % IDLE_TICKS === 0) this.#probe(watched);
    }
  }

  figures(): Readonly<Record<string, number>> {
    return { ...this.#figures, ...this.#cuts!.figures };
  }

  #probe(watched: WatchedPort): void {
    const { port } = watched;
    if (!watched.isUp || watched.isClosed || port.loopProbe === "off") return;
    const [from, sequence] = [this.#sourceOf(port), watched.nextProbe()];
    writeLoopProbe(this.#frame, { instance: this.#instance, port: port.id, sequence, from }, this.#sign);
    this.#figures.probesSent++;
    this.#host!.send(port, this.#frame);
  }

  /** A probe of this switch came in through `watched`, in this VLAN. */
  #returned(watched: WatchedPort, vlan: number, now: number): void {
    const sender = this.#byNumber.get(this.#reader.port);
    // Where the VLAN is another one than it left in, two VLANs are connected, and nothing goes round.
    if (sender === undefined || sender.port.vlans.untagged !== vlan || watched.isClosed) return;
    if (!sender.isRecent(this.#reader.sequence) || sender.returned.has(watched.port.id)) return;
    if (!this.#isGenuine()) return;
    this.#figures.probesReturned++;
    sender.returned.add(watched.port.id);
    this.#cuts!.looped(sender, watched, now);
  }

  #isGenuine(): boolean {
    if (this.#checks === 0) return false;
    this.#checks--;
    const genuine = this.#reader.isSigned(this.#sign);
    if (!genuine) this.#figures.forgeries++;
    return genuine;
  }

  #foreign(watched: WatchedPort, isSenior: boolean, now: number): Verdict {
    if (isSenior) watched.seniorSeenAt = now;
    return watched.foreign.note(this.#reader.fingerprint);
  }

  readonly #sign = (bytes: Buffer): Buffer =>
    createHmac("sha256", this.#key).update(bytes).digest().subarray(0, SIGNATURE_BYTES);

  /** Another address for each port: seen from a bridge that hears both, nothing moves. */
  #sourceOf({ id }: Port): Mac {
    return localMac(createHash("sha256").update(this.#instance).update(String(id)).digest());
  }
}

/** Where the payload is, behind tags that were put on it on the way. */
function payloadStart(bytes: Buffer, start: number, end: number): number {
  if (read16(bytes, start + ETHERTYPE) === TYPE_LOOP_PROBE) return start + ETHERNET_HEADER;
  const at = networkStart(bytes, start, end);
  return at < 0 ? end : at;
}
