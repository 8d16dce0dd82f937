/** Bridges that are nothing but spanning trees, and cables between them: what they say arrives in the same second. */
import assert from "node:assert/strict";
import { type Bpdu, bridgeId, readBpdu, writeBpdu } from "../../src/frame/bpdu.js";
import { parseMac } from "../../src/frame/mac.js";
import type { PortState } from "../../src/switch/port-state.js";
import { Tree } from "../../src/switch/spanning-tree/tree.js";
import type { TreePort, TreePortSettings } from "../../src/switch/spanning-tree/tree-port.js";
import { macOf } from "./frames.js";

const TIMES = { messageAge: 0, maxAge: 20, helloTime: 2, forwardDelay: 15 };
const SETTINGS: TreePortSettings = { priority: 128, pathCost: 20_000, adminEdge: false, autoEdge: true };
/** More than any topology of a test needs in one second. */
const TOO_MANY = 50_000;

/** One end of a cable. */
export interface End {
  readonly bridge: number;
  readonly port: TreePort;
  state: PortState;
  flushes: number;
  /** What it sent, in order. */
  readonly said: Bpdu[];
}

export interface Cable {
  readonly ends: readonly [End, End];
  up: boolean;
}

export class Forest {
  readonly trees: Tree[] = [];
  readonly cables: Cable[] = [];
  readonly #way: (() => void)[] = [];

  /** A bridge; the lower its priority, the sooner it is the root. */
  bridge(priority = 0x8000): number {
    const id = bridgeId(priority, parseMac(macOf(this.trees.length + 1)));
    return this.trees.push(new Tree({ id, times: TIMES })) - 1;
  }

  /** An end at which nobody is, or one that takes what `heard` is told. */
  end(bridge: number, settings: Partial<TreePortSettings> = {}, heard?: (bpdu: Bpdu) => void): End {
    const tree = this.trees[bridge]!;
    const end = { bridge, state: "discarding" as PortState, flushes: 0, said: [] as Bpdu[] };
    const port = tree.add(
      tree.ports.length + 1,
      { ...SETTINGS, ...settings },
      {
        send: (bpdu) => {
          end.said.push(bpdu);
          heard?.(overTheWire(bpdu));
        },
        setState: (state) => {
          end.state = state;
        },
        flush: () => {
          end.flushes++;
        },
      },
    );
    return Object.assign(end, { port });
  }

  /** Connects two bridges, and brings both ends up. */
  cable(one: number, other: number, settings: Partial<TreePortSettings> = {}): Cable {
    const cable: { ends: [End, End]; up: boolean } = { ends: [] as unknown as [End, End], up: true };
    const to = (index: 0 | 1) => (bpdu: Bpdu) =>
      void this.#way.push(
        () => cable.up && this.trees[cable.ends[index].bridge]!.receive(cable.ends[index].port, bpdu),
      );
    cable.ends = [this.end(one, settings, to(1)), this.end(other, settings, to(0))];
    this.cables.push(cable);
    this.set(cable, true);
    return cable;
  }

  ring(...bridges: number[]): Cable[] {
    return bridges.map((bridge, index) => this.cable(bridge, bridges[(index + 1) % bridges.length]!));
  }

  /** Cuts the cable, or plugs it in again. */
  set(cable: Cable, up: boolean): void {
    cable.up = up;
    for (const { bridge, port } of cable.ends) this.trees[bridge]!.enable(port, up);
    this.settle();
  }

  pass(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      for (const tree of this.trees) tree.tick();
      this.settle();
    }
  }

  settle(): void {
    for (let count = 0; this.#way.length > 0; count++) {
      assert.ok(count < TOO_MANY, "bridges talk without end");
      this.#way.shift()!();
    }
  }

  /** Whether frames can pass between all bridges that are connected at all, each on one way only. */
  get isTree(): boolean {
    const cables = this.cables.filter(({ up }) => up);
    const open = cables.filter(({ ends }) => ends.every(({ state }) => state === "forwarding"));
    const parts = groups(this.trees.length, open);
    return parts === this.trees.length - open.length && parts === groups(this.trees.length, cables);
  }
}

/** How many parts the bridges are in. */
function groups(bridges: number, cables: readonly Cable[]): number {
  const part = Array.from({ length: bridges }, (_, index) => index);
  for (const { ends } of cables) {
    const [one, other] = [part[ends[0].bridge]!, part[ends[1].bridge]!];
    for (const [index, value] of part.entries()) if (value === other) part[index] = one;
  }
  return new Set(part).size;
}

function overTheWire(bpdu: Bpdu): Bpdu {
  const frame = writeBpdu(parseMac(macOf(1)), bpdu);
  return readBpdu(frame, 0, frame.length)!;
}
