/** The Port Role Selection state machine of a bridge [802.1D-2004 17.28]: which port leads to the root, and what the others are for. */
import { compareVectors, isSameTimes, type PriorityVector } from "./priority-vector.js";
import type { Tree } from "./tree.js";
import type { Role, TreePort } from "./tree-port.js";

/** Chooses anew if any port asks for it; true if so. */
export function selectRoles(tree: Tree): boolean {
  if (!tree.ports.some((port) => port.reselect)) return false;
  for (const port of tree.ports) port.reselect = false;
  updateRoles(tree);
  for (const port of tree.ports) port.selected = true;
  return true;
}

/** updtRolesTree [17.21.25] */
function updateRoles(tree: Tree): void {
  chooseRoot(tree);
  const { root, cost } = tree.rootPriority;
  const designatedTimes = { ...tree.rootTimes, helloTime: tree.times.helloTime };
  for (const port of tree.ports) {
    port.designatedPriority = { root, cost, bridge: tree.id, port: port.portId };
    port.designatedTimes = designatedTimes;
    port.selectedRole = roleOf(port);
    port.updtInfo = port.selectedRole === "designated" && !isUpToDate(port);
  }
}

function chooseRoot(tree: Tree): void {
  tree.rootPriority = { root: tree.id, cost: 0, bridge: tree.id, port: 0 };
  tree.rootTimes = tree.times;
  tree.rootPort = null;
  for (const port of tree.ports) {
    if (port.infoIs !== "received" || port.portPriority.bridge === tree.id) continue;
    const path = { ...port.portPriority, cost: port.portPriority.cost + port.settings.pathCost };
    if (comparePaths(path, port, tree) >= 0) continue;
    tree.rootPriority = path;
    tree.rootPort = port;
    tree.rootTimes = { ...port.portTimes, messageAge: Math.round(port.portTimes.messageAge + 1) };
  }
}

/** Of two ports to the same port of a neighbour, the one with the lesser identifier leads to the root [17.6]. */
function comparePaths(path: PriorityVector, port: TreePort, { rootPriority, rootPort }: Tree): number {
  return compareVectors(path, rootPriority) || port.portId - (rootPort?.portId ?? 0);
}

function roleOf(port: TreePort): Role {
  if (port.infoIs === "disabled") return "disabled";
  if (port.infoIs !== "received") return "designated";
  if (port.tree.rootPort === port) return "root";
  if (compareVectors(port.designatedPriority, port.portPriority) < 0) return "designated";
  return port.portPriority.bridge === port.tree.id ? "backup" : "alternate";
}

function isUpToDate(port: TreePort): boolean {
  return (
    port.infoIs === "mine" &&
    compareVectors(port.portPriority, port.designatedPriority) === 0 &&
    isSameTimes(port.portTimes, port.designatedTimes)
  );
}
