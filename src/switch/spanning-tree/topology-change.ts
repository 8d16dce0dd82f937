/** The Topology Change state machine [802.1D-2004 17.31]: where ways have changed, addresses are to be learned anew. */
import { machine } from "./machine.js";
import type { TreePort } from "./tree-port.js";

type State =
  | ("INACTIVE" | "LEARNING" | "DETECTED" | "ACTIVE")
  | ("NOTIFIED_TCN" | "NOTIFIED_TC" | "PROPAGATING" | "ACKNOWLEDGED");

export const TOPOLOGY_CHANGE = machine<State>({
  name: "TopologyChange",
  initial: "INACTIVE",
  next(port, state) {
    switch (state) {
      case "INACTIVE":
        return port.learn ? "LEARNING" : null;
      case "LEARNING":
        return nextOfLearning(port);
      case "NOTIFIED_TCN":
        return "NOTIFIED_TC";
      case "ACTIVE":
        return nextOfActive(port);
      default:
        return "ACTIVE";
    }
  },
  enter: {
    INACTIVE(port) {
      port.output.flush();
      port.tcWhile = 0;
      port.tcAck = false;
    },
    LEARNING: forgetFlags,
    DETECTED(port) {
      newTcWhile(port);
      setTcPropTree(port);
      port.newInfo = true;
    },
    ACTIVE: () => undefined,
    NOTIFIED_TCN: newTcWhile,
    NOTIFIED_TC(port) {
      port.rcvdTcn = false;
      port.rcvdTc = false;
      if (port.role === "designated") port.tcAck = true;
      setTcPropTree(port);
    },
    PROPAGATING(port) {
      newTcWhile(port);
      port.output.flush();
      port.tcProp = false;
    },
    ACKNOWLEDGED(port) {
      port.tcWhile = 0;
      port.rcvdTcAck = false;
    },
  },
});

function nextOfLearning(port: TreePort): State | null {
  const isActive = port.role === "root" || port.role === "designated";
  if (isActive && port.forward && !port.operEdge) return "DETECTED";
  if (port.rcvdTc || port.rcvdTcn || port.rcvdTcAck || port.tcProp) return "LEARNING";
  return !isActive && !port.learn && !port.learning ? "INACTIVE" : null;
}

function nextOfActive(port: TreePort): State | null {
  if ((port.role !== "root" && port.role !== "designated") || port.operEdge) return "LEARNING";
  if (port.rcvdTcn) return "NOTIFIED_TCN";
  if (port.rcvdTc) return "NOTIFIED_TC";
  if (port.tcProp) return "PROPAGATING";
  return port.rcvdTcAck ? "ACKNOWLEDGED" : null;
}

function forgetFlags(port: TreePort): void {
  port.rcvdTc = false;
  port.rcvdTcn = false;
  port.rcvdTcAck = false;
  port.tcProp = false;
}

/** [17.21.7] */
function newTcWhile(port: TreePort): void {
  if (port.tcWhile !== 0) return;
  const { maxAge, forwardDelay } = port.bridge.rootTimes;
  port.tcWhile = port.sendRstp ? port.helloTime + 1 : maxAge + forwardDelay;
  if (port.sendRstp) port.newInfo = true;
}

/** [17.21.18] */
function setTcPropTree(port: TreePort): void {
  for (const other of port.bridge.ports) if (other !== port) other.tcProp = true;
}
