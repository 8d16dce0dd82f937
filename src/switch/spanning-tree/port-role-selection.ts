/** The Port Role Selection state machine of a bridge [802.1D-2004 17.28]: which port leads to the root, and what the others are for. */
import { compareVectors, isSameTimes, type PriorityVector } from "./priority-vector.js";
import type { Bridge, Role, TreePort } from "./tree-port.js";

/** Chooses anew if any port asks for it; true if so. */
export function selectRoles(bridge: Bridge): boolean {
  if (!bridge.ports.some((port) => port.reselect)) return false;
  for (const port of bridge.ports) port.reselect = false;
  updateRoles(bridge);
  for (const port of bridge.ports) port.selected = true;
  return true;
}

/** updtRolesTree [17.21.25] */
function updateRoles(bridge: Bridge): void {
  chooseRoot(bridge);
  const { root, cost } = bridge.rootPriority;
  const designatedTimes = { ...bridge.rootTimes, helloTime: bridge.times.helloTime };
  for (const port of bridge.ports) {
    port.designatedPriority = { root, cost, bridge: bridge.id, port: port.portId };
    port.designatedTimes = designatedTimes;
    port.selectedRole = roleOf(port);
    port.updtInfo = port.selectedRole === "designated" && !isUpToDate(port);
  }
}

function chooseRoot(bridge: Bridge): void {
  bridge.rootPriority = { root: bridge.id, cost: 0, bridge: bridge.id, port: 0 };
  bridge.rootTimes = bridge.times;
  bridge.rootPort = null;
  for (const port of bridge.ports) {
    if (port.infoIs !== "received" || port.portPriority.bridge === bridge.id) continue;
    const path = { ...port.portPriority, cost: port.portPriority.cost + port.settings.pathCost };
    if (comparePaths(path, port, bridge) >= 0) continue;
    bridge.rootPriority = path;
    bridge.rootPort = port;
    bridge.rootTimes = { ...port.portTimes, messageAge: Math.round(port.portTimes.messageAge + 1) };
  }
}

/** Of two ports to the same port of a neighbour, the one with the lesser identifier leads to the root [17.6]. */
function comparePaths(path: PriorityVector, port: TreePort, { rootPriority, rootPort }: Bridge): number {
  return compareVectors(path, rootPriority) || port.portId - (rootPort?.portId ?? 0);
}

function roleOf(port: TreePort): Role {
  if (port.infoIs === "disabled") return "disabled";
  if (port.infoIs !== "received") return "designated";
  if (port.bridge.rootPort === port) return "root";
  if (compareVectors(port.designatedPriority, port.portPriority) < 0) return "designated";
  return port.portPriority.bridge === port.bridge.id ? "backup" : "alternate";
}

function isUpToDate(port: TreePort): boolean {
  return (
    port.infoIs === "mine" &&
    compareVectors(port.portPriority, port.designatedPriority) === 0 &&
    isSameTimes(port.portTimes, port.designatedTimes)
  );
}
