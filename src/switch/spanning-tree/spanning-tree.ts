/**
 * RSTP on a switch [802.1D-2004 clause 17]: a `Tree` whose ports are the switch's. BPDUs are taken before anything else
 * and on ports that are held back; what they say decides which ports forward. Towards bridges that know STP only it
 * speaks that [17.4].
 */
import { bridgeId, isBpdu, readBpdu } from "../../frame/bpdu.js";
import { RESERVED_ADDRESSES } from "../../frame/ethernet.js";
import { FrameClass } from "../../frame/frame-class.js";
import type { FrameCursor } from "../../frame/frame-cursor.js";
import type { Mac } from "../../frame/mac.js";
import type { Port } from "../port.js";
import type { Protocol, ProtocolHost, Verdict } from "../protocol.js";
import { Tree } from "./tree.js";
import { TreeMember } from "./tree-member.js";
import { type BridgeRules, USUAL_BRIDGE, USUAL_TREE } from "./tree-rules.js";

export interface SpanningTreeOptions {
  /** Of the bridge: together with its priority it decides who is the root. */
  readonly mac: Mac;
  readonly rules?: BridgeRules;
}

export class SpanningTree implements Protocol {
  readonly name = "spanning-tree";
  readonly classes = FrameClass.reserved;
  readonly #mac: Mac;
  readonly #tree: Tree;
  readonly #members = new Map<Port, TreeMember>();
  readonly #figures = { bpdusIn: 0, bpdusRefused: 0, guardShuts: 0, flushes: 0 };
  #host: ProtocolHost | null = null;
  #root: string;

  constructor({ mac, rules = USUAL_BRIDGE }: SpanningTreeOptions) {
    const { priority, helloTime, maxAge, forwardDelay } = rules;
    const id = bridgeId(priority, mac);
    this.#mac = mac;
    this.#tree = new Tree({ id, times: { messageAge: 0, helloTime, maxAge, forwardDelay } });
    this.#root = this.#rootText();
  }

  start(host: ProtocolHost): void {
    this.#host = host;
  }

  attached(port: Port): void {
    const member = new TreeMember({
      ...{ port, tree: this.#tree, host: this.#host!, mac: this.#mac },
      rules: { ...USUAL_TREE, ...port.tree },
      flushed: () => this.#figures.flushes++,
    });
    this.#members.set(port, member);
    if (port.link !== null) member.linked();
    port.role = member.role;
  }

  linked(port: Port): void {
    this.#members.get(port)!.linked();
  }

  detached(port: Port): void {
    this.#members.get(port)!.leave();
    this.#members.delete(port);
    this.#host!.setState(port, "forwarding", "left the spanning tree");
    port.role = null;
  }

  take(port: Port, frame: FrameCursor, now: number): Verdict {
    if ((frame.destinationLow & 0x0f) !== RESERVED_ADDRESSES.bpdu) return null;
    const member = this.#members.get(port)!;
    if (member.isFiltered) return "consumed";
    if (!member.admits(now)) {
      this.#figures.bpdusRefused++;
      return "storm";
    }
    return this.#listen(member, frame, now);
  }

  tick(now: number): void {
    for (const member of this.#members.values()) member.tick(now);
    this.#tree.tick();
    for (const [port, member] of this.#members) port.role = member.role;
    this.#tellRoot();
  }

  figures(): Readonly<Record<string, number>> {
    return { ...this.#figures, isRoot: Number(this.#tree.isRoot) };
  }

  #listen(member: TreeMember, { bytes, frameStart, recordEnd }: FrameCursor, now: number): Verdict {
    if (member.rules.guard && isBpdu(bytes, frameStart, recordEnd)) {
      this.#shut(member, now);
      return "consumed";
    }
    const bpdu = readBpdu(bytes, frameStart, recordEnd);
    if (bpdu === null) return "malformed";
    this.#figures.bpdusIn++;
    member.receive(bpdu);
    return "consumed";
  }

  #shut(member: TreeMember, now: number): void {
    if (!member.shut(now)) return;
    const { port } = member;
    this.#figures.guardShuts++;
    this.#tell(`port '${port.name}' is shut: a BPDU came in where no bridge may be`, port);
  }

  #tellRoot(): void {
    const root = this.#rootText();
    if (root === this.#root) return;
    this.#root = root;
    this.#tell(root);
  }

  #rootText(): string {
    const { rootPort, rootPriority } = this.#tree;
    if (rootPort === null) return "this switch is the root of the spanning tree";
    const port = [...this.#members.values()].find((member) => member.role === "root")?.port.name;
    const [priority, mac] = [rootPriority.root.slice(0, 4), rootPriority.root.slice(4)];
    return `the root of the spanning tree is ${priority}.${mac.replace(/(..)(?!$)/g, "$1:")}, by port '${port}'`;
  }

  #tell(message: string, port?: Port): void {
    this.#host!.tell({ type: "spanning-tree", message, ...(port === undefined ? {} : { port }) });
  }
}
