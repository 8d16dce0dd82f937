/** A port of the switch in the tree, and what keeps it out of it. */
import { type Bpdu, writeBpdu } from "../../frame/bpdu.js";
import type { Mac } from "../../frame/mac.js";
import type { Port } from "../port.js";
import type { ProtocolHost } from "../protocol.js";
import { TokenBucket } from "../token-bucket.js";
import type { Tree } from "./tree.js";
import type { TreePort } from "./tree-port.js";
import type { TreeRules } from "./tree-rules.js";

/** A port that a BPDU has shut is tried again after this time, ms: long enough to be noticed. */
export const GUARD_MS = 60_000;
/** BPDUs of one port in a second that are listened to: several times what a bridge may send [17.13.12]. */
export const BPDUS_PER_SECOND = 30;
/** Numbers of ports in an identifier. */
const MAX_NUMBER = 0x0fff;

export interface TreeMemberOptions {
  readonly port: Port;
  readonly rules: TreeRules;
  readonly tree: Tree;
  readonly host: ProtocolHost;
  /** Where its BPDUs come from. */
  readonly mac: Mac;
  /** Addresses are forgotten here. */
  readonly flushed: () => void;
}

export class TreeMember {
  readonly port: Port;
  readonly rules: TreeRules;
  /** Null where BPDUs are filtered. */
  readonly #treePort: TreePort | null;
  readonly #options: TreeMemberOptions;
  readonly #bucket = new TokenBucket(BPDUS_PER_SECOND, BPDUS_PER_SECOND);
  #shutUntil: number | null = null;

  constructor(options: TreeMemberOptions) {
    this.port = options.port;
    this.rules = options.rules;
    this.#options = options;
    this.#treePort = options.rules.filter ? null : this.#join();
  }

  /** Takes no part in the tree. */
  get isFiltered(): boolean {
    return this.#treePort === null;
  }

  /** "root", "designated", ..., or null where it takes no part. */
  get role(): string | null {
    return this.#treePort?.role ?? null;
  }

  /** Its link has come, gone or been replaced. */
  linked(): void {
    if (this.#treePort === null) return;
    this.#options.tree.enable(this.#treePort, false);
    this.#enable();
  }

  leave(): void {
    if (this.#treePort !== null) this.#options.tree.remove(this.#treePort);
  }

  /** Whether one more BPDU is listened to at `now` (ms). */
  admits(now: number): boolean {
    if (!this.#bucket.has(1, now)) return false;
    this.#bucket.take(1);
    return true;
  }

  receive(bpdu: Bpdu): void {
    if (this.#treePort !== null) this.#options.tree.receive(this.#treePort, bpdu);
  }

  /** A bridge is where none may be. True unless the port is shut already. */
  shut(now: number): boolean {
    const isNew = this.#shutUntil === null;
    this.#shutUntil = now + GUARD_MS;
    this.#enable();
    return isNew;
  }

  /** Opens a port again that has been shut for long enough. */
  tick(now: number): void {
    if (this.#shutUntil === null || now < this.#shutUntil) return;
    this.#shutUntil = null;
    this.#enable();
  }

  #join(): TreePort {
    const { port, rules, tree, host, mac, flushed } = this.#options;
    const settings = {
      priority: rules.priority,
      pathCost: rules.pathCost,
      adminEdge: rules.edge === "yes",
      autoEdge: rules.edge === "auto",
    };
    return tree.add(((port.id - 1) % MAX_NUMBER) + 1, settings, {
      send: (bpdu) => host.send(port, writeBpdu(mac, bpdu)),
      setState: (state) =>
        host.setState(port, state, this.#shutUntil === null ? "spanning tree" : "a BPDU came in"),
      flush: () => {
        host.table.clear(port.place);
        flushed();
      },
    });
  }

  #enable(): void {
    if (this.#treePort === null) return;
    const enabled = this.port.link !== null && this.#shutUntil === null;
    if (enabled !== this.#treePort.portEnabled) this.#options.tree.enable(this.#treePort, enabled);
  }
}
