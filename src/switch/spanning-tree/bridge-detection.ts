/** The Bridge Detection state machine [802.1D-2004 17.25]: where nobody answers proposals, no bridge is. */
import { machine } from "./machine.js";

export const BRIDGE_DETECTION = machine<"START" | "EDGE" | "NOT_EDGE">({
  name: "BridgeDetection",
  initial: "START",
  next(port, state) {
    const { adminEdge, autoEdge } = port.settings;
    if (state === "START") return adminEdge ? "EDGE" : "NOT_EDGE";
    if (state === "EDGE") return (!port.portEnabled && !adminEdge) || !port.operEdge ? "NOT_EDGE" : null;
    if (!port.portEnabled) return adminEdge ? "EDGE" : null;
    return port.edgeDelayWhile === 0 && autoEdge && port.sendRstp && port.proposing ? "EDGE" : null;
  },
  enter: {
    START: () => undefined,
    EDGE(port) {
      port.operEdge = true;
    },
    NOT_EDGE(port) {
      port.operEdge = false;
    },
  },
});
