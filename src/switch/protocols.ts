/**
 * The protocols of one switch: hands each the frames of its classes, and does what they ask for. What they send waits
 * until the batch or tick at hand is over, so that no link is used while another one is handing frames in.
 */
import type { FrameCursor } from "../frame/frame-cursor.js";
import { RECORD_HEADER, RecordKind, writeHeader } from "../frame/record.js";
import type { Port } from "./port.js";
import type { Protocol, ProtocolHost, Verdict } from "./protocol.js";

/** Frames that may wait for the end of a batch: a query to each of a thousand ports, and an answer to each frame. */
export const MAX_PENDING = 4_096;

export interface Outgoing {
  readonly port: Port;
  /** A record of its own. */
  readonly bytes: Buffer;
  readonly vlan: number | undefined;
}

/** What the switch lends to its protocols. */
export interface ProtocolsOptions extends Omit<ProtocolHost, "send" | "setState"> {
  /** A port's state has changed. */
  readonly held: () => void;
  readonly emit: (outgoing: Outgoing) => void;
}

export class Protocols {
  readonly #options: ProtocolsOptions;
  readonly #all: Protocol[] = [];
  readonly #pending: Outgoing[] = [];
  /** The switch is at work, and will call `deliver`. */
  #inTurn = false;
  /** Classes that any of them wants. */
  classes = 0;

  constructor(options: ProtocolsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#all.length;
  }

  add(protocol: Protocol): void {
    this.#all.push(protocol);
    this.#count();
    this.#turn(() => {
      protocol.start?.(this.#hostFor(protocol));
      for (const port of this.#options.ports) protocol.attached?.(port);
    });
  }

  /** What it held back it holds no longer. */
  remove(protocol: Protocol): void {
    const at = this.#all.indexOf(protocol);
    if (at < 0) return;
    this.#all.splice(at, 1);
    this.#count();
    const host = this.#hostFor(protocol);
    for (const port of this.#options.ports) host.setState(port, "forwarding", "switched off");
  }

  /** Asks those that want one of `classes`, until one does not let the frame pass on. */
  take(port: Port, frame: FrameCursor, classes: number, now: number): Verdict {
    this.#inTurn = true;
    for (let index = 0; index < this.#all.length; index++) {
      const protocol = this.#all[index]!;
      if ((protocol.classes & classes) === 0) continue;
      const verdict = protocol.take(port, frame, now);
      if (verdict !== null) return verdict;
    }
    return null;
  }

  tick(now: number): void {
    this.#turn(() => this.#each((protocol) => protocol.tick?.(now)));
  }

  attached(port: Port): void {
    this.#turn(() => this.#each((protocol) => protocol.attached?.(port)));
  }

  linked(port: Port, now: number): void {
    this.#turn(() => this.#each((protocol) => protocol.linked?.(port, now)));
  }

  detached(port: Port): void {
    this.#turn(() => this.#each((protocol) => protocol.detached?.(port)));
  }

  /** The turn is over: sends what has gathered. */
  deliver(): void {
    this.#inTurn = false;
    if (this.#pending.length === 0) return;
    for (const outgoing of this.#pending.splice(0)) this.#options.emit(outgoing);
  }

  /** What each has done, by its name. */
  figures(): Record<string, Readonly<Record<string, number>>> {
    const found: Record<string, Readonly<Record<string, number>>> = {};
    for (const protocol of this.#all) {
      const figures = protocol.figures?.();
      if (figures !== undefined) found[protocol.name] = figures;
    }
    return found;
  }

  #each(body: (protocol: Protocol) => void): void {
    for (const protocol of this.#all) body(protocol);
  }

  /** What is sent from within another turn leaves at the end of that one. */
  #turn(body: () => void): void {
    const outermost = !this.#inTurn;
    this.#inTurn = true;
    body();
    if (outermost) this.deliver();
  }

  #count(): void {
    this.classes = this.#all.reduce((classes, protocol) => classes | protocol.classes, 0);
  }

  #hostFor({ name }: Protocol): ProtocolHost {
    const { ports, table, forget, tell } = this.#options;
    return {
      ports,
      table,
      forget,
      tell,
      send: (port, frame, vlan) => this.#send({ port, bytes: recordOf(frame), vlan }),
      setState: (port, state, why) => {
        const before = port.state;
        port.hold(name, state, why);
        if (port.state === before) return;
        this.#options.held();
        tell({ type: "port-state", port, message: `${port.state}: ${port.heldBy?.why ?? why}` });
      },
    };
  }

  #send(outgoing: Outgoing): void {
    if (this.#pending.length >= MAX_PENDING) outgoing.port.drop("queue");
    else if (this.#inTurn) this.#pending.push(outgoing);
    else this.#options.emit(outgoing);
  }
}

function recordOf(frame: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafeSlow(RECORD_HEADER + frame.length);
  writeHeader(bytes, 0, RecordKind.frame, frame.length);
  bytes.set(frame, RECORD_HEADER);
  return bytes;
}
