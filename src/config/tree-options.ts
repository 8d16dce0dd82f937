/** Loop probes and spanning tree: settings of a network, and of a port. What they mean is in `switch/loop` and `switch/spanning-tree`. */
import { z } from "zod";
import { LOOP_PROBING } from "../switch/port.js";
import { USUAL_BRIDGE, USUAL_TREE } from "../switch/spanning-tree/tree-rules.js";
import { ABOUT } from "./about.js";
import { whole, yesNo } from "./fields.js";

/** Identifiers have four bits for each priority [802.1D-2004 9.2.5, 9.2.7]. */
function steps(step: number, most: number) {
  return whole(0, most).refine((value) => value % step === 0, `a multiple of ${step}`);
}

export const TREE_OPTIONS = {
  loopProbe: yesNo().default(true).register(ABOUT, {
    description: "look for loops, and cut the younger of two ports in one",
    negated: "let loops be",
  }),
  stp: z.enum(["off", "rstp"]).default("off").register(ABOUT, {
    description: "take part in spanning tree (802.1D-2004 RSTP, STP with those that know no better)",
    value: "off|rstp",
  }),
  stpPriority: steps(4_096, 61_440).default(USUAL_BRIDGE.priority).register(ABOUT, {
    description: "the bridge with the least is the root of the tree",
    given: "file",
  }),
  stpHello: whole(1, 2).default(USUAL_BRIDGE.helloTime).register(ABOUT, {
    description: "seconds between two BPDUs",
    given: "file",
  }),
  stpForwardDelay: whole(4, 30).default(USUAL_BRIDGE.forwardDelay).register(ABOUT, {
    description:
      "seconds that a port waits where its neighbour does not agree; the max age is what goes with it",
    given: "file",
  }),
};

export const TREE_PORT_OPTIONS = {
  loopProbe: z
    .enum(LOOP_PROBING)
    .optional()
    .register(ABOUT, {
      description: "whether it is probed for loops; cut: it is cut off also for a loop behind it alone",
      value: LOOP_PROBING.join("|"),
    }),
  stpEdge: z
    .enum(["yes", "no", "auto"])
    .optional()
    .register(ABOUT, {
      description: `no bridge is behind it, so that it goes on at once (default: ${USUAL_TREE.edge}: found out in 3 s)`,
      value: "yes|no|auto",
    }),
  stpGuard: yesNo().optional().register(ABOUT, {
    description: "a BPDU that comes in shuts it for a minute",
    value: "yes|no",
  }),
  stpFilter: yesNo().optional().register(ABOUT, {
    description: "it takes no part in spanning tree, and no BPDU passes",
    value: "yes|no",
  }),
  stpCost: whole(1, 200_000_000)
    .optional()
    .register(ABOUT, {
      description: `what the way by it costs (default: ${USUAL_TREE.pathCost})`,
      value: "cost",
    }),
  stpPriority: steps(16, 240)
    .optional()
    .register(ABOUT, {
      description: `of two ways of one cost, the port with the least is taken (default: ${USUAL_TREE.priority})`,
      value: "0-240",
    }),
};
