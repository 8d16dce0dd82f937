/** What keeps a network from loops and storms: there while the settings want it, and begun anew where they differ. */
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { NetworkOptions } from "../../config/network-options.js";
import type { PortOptions } from "../../config/port-options.js";
import { localMac } from "../../frame/mac.js";
import { LoopGuard } from "../../switch/loop/loop-guard.js";
import type { PortRules } from "../../switch/port.js";
import { SpanningTree } from "../../switch/spanning-tree/spanning-tree.js";
import { maxAgeFor } from "../../switch/spanning-tree/tree-rules.js";
import { StormControl } from "../../switch/storm/storm-control.js";
import { DEFAULT_STORM_LIMITS } from "../../switch/storm/storm-limits.js";
import { StormMeter } from "../../switch/storm/storm-meter.js";
import type { Switch } from "../../switch/switch.js";
import { hostName } from "../device/host-name.js";

type Settings = Pick<NetworkOptions, "loopProbe" | "stp" | "stpPriority" | "stpHello" | "stpForwardDelay">;

export class LoopParts {
  readonly #lan: Switch;
  #tree: Omit<Settings, "loopProbe"> | null = null;
  #endTree: (() => void) | null = null;
  #endProbes: (() => void) | null = null;

  constructor(lan: Switch) {
    this.#lan = lan;
    lan.use(new StormControl());
  }

  configure({ loopProbe, stp, stpPriority, stpHello, stpForwardDelay }: Settings): void {
    if (loopProbe) this.#endProbes ??= this.#lan.use(new LoopGuard());
    else {
      this.#endProbes?.();
      this.#endProbes = null;
    }
    const tree = stp === "off" ? null : { stp, stpPriority, stpHello, stpForwardDelay };
    if (isDeepStrictEqual(tree, this.#tree)) return;
    this.#tree = tree;
    this.#endTree?.();
    this.#endTree = tree === null ? null : this.#lan.use(this.#newTree(tree));
  }

  #newTree({ stpPriority, stpHello, stpForwardDelay }: Omit<Settings, "loopProbe">): SpanningTree {
    return new SpanningTree({
      mac: bridgeMac(this.#lan.name),
      rules: {
        priority: stpPriority,
        helloTime: stpHello,
        maxAge: maxAgeFor(stpForwardDelay),
        forwardDelay: stpForwardDelay,
      },
    });
  }
}

/** What the settings of a port say about loops and storms. */
export function loopRules(options: PortOptions): Pick<PortRules, "storm" | "loopProbe" | "tree"> {
  const { stormBroadcast, stormMulticast, stormUnknown, stormShut = 0, loopProbe } = options;
  const { stpEdge: edge, stpGuard: guard, stpFilter: filter, stpCost, stpPriority } = options;
  const usual = DEFAULT_STORM_LIMITS;
  const limits = {
    broadcast: stormBroadcast ?? usual.broadcast,
    multicast: stormMulticast ?? usual.multicast,
    unknown: stormUnknown ?? usual.unknown,
  };
  return {
    storm: new StormMeter(limits, stormShut * 1_000),
    ...(loopProbe === undefined ? {} : { loopProbe }),
    tree: {
      ...(edge === undefined ? {} : { edge }),
      ...(guard === undefined ? {} : { guard }),
      ...(filter === undefined ? {} : { filter }),
      ...(stpCost === undefined ? {} : { pathCost: stpCost }),
      ...(stpPriority === undefined ? {} : { priority: stpPriority }),
    },
  };
}

/** The same after a restart, so that the tree need not change for it. */
function bridgeMac(network: string): ReturnType<typeof localMac> {
  return localMac(createHash("sha256").update(`bridge ${hostName()} ${network}`).digest());
}
