/**
 * The Port Role Transitions state machine [802.1D-2004 17.29]: how a port takes its role without ever closing a loop.
 * A designated port forwards once its neighbour agrees; who agrees has first cut off everything else behind itself.
 */
import { machine } from "./machine.js";
import type { Role, TreePort } from "./tree-port.js";

type State =
  | ("INIT_PORT" | "DISABLE_PORT" | "DISABLED_PORT")
  | ("ROOT_PORT" | "ROOT_PROPOSED" | "ROOT_AGREED" | "REROOT" | "ROOT_LEARN" | "ROOT_FORWARD" | "REROOTED")
  | ("DESIGNATED_PORT" | "DESIGNATED_PROPOSE" | "DESIGNATED_SYNCED" | "DESIGNATED_RETIRED")
  | ("DESIGNATED_LEARN" | "DESIGNATED_FORWARD" | "DESIGNATED_DISCARD")
  | ("BLOCK_PORT" | "ALTERNATE_PORT" | "ALTERNATE_PROPOSED" | "ALTERNATE_AGREED" | "BACKUP_PORT");

const ENTRY: Readonly<Record<Role, State>> = {
  disabled: "DISABLE_PORT",
  root: "ROOT_PORT",
  designated: "DESIGNATED_PORT",
  alternate: "BLOCK_PORT",
  backup: "BLOCK_PORT",
};

export const PORT_ROLE_TRANSITION = machine<State>({
  name: "PortRoleTransitions",
  initial: "INIT_PORT",
  next(port, state) {
    if (state === "INIT_PORT") return "DISABLE_PORT";
    if (!port.selected || port.updtInfo) return null;
    if (port.role !== port.selectedRole) return ENTRY[port.selectedRole];
    switch (port.role) {
      case "disabled":
        return nextOfDisabled(port, state);
      case "root":
        return state === "ROOT_PORT" ? nextOfRoot(port) : "ROOT_PORT";
      case "designated":
        return state === "DESIGNATED_PORT" ? nextOfDesignated(port) : "DESIGNATED_PORT";
      default:
        return nextOfAlternate(port, state);
    }
  },
  enter: {
    INIT_PORT(port) {
      port.role = "disabled";
      stop(port);
      port.synced = false;
      port.sync = true;
      port.reRoot = true;
      port.rrWhile = port.fwdDelay;
      port.fdWhile = port.maxAge;
      port.rbWhile = 0;
    },
    DISABLE_PORT(port) {
      port.role = port.selectedRole;
      stop(port);
    },
    DISABLED_PORT(port) {
      port.fdWhile = port.maxAge;
      rest(port);
    },
    ROOT_PORT(port) {
      port.role = "root";
      port.rrWhile = port.fwdDelay;
    },
    ROOT_PROPOSED(port) {
      setSyncTree(port);
      port.proposed = false;
    },
    ROOT_AGREED(port) {
      port.proposed = false;
      port.sync = false;
      port.agree = true;
      port.newInfo = true;
    },
    REROOT(port) {
      for (const each of port.bridge.ports) each.reRoot = true;
    },
    ROOT_LEARN: startLearning,
    ROOT_FORWARD(port) {
      port.fdWhile = 0;
      port.forward = true;
    },
    REROOTED(port) {
      port.reRoot = false;
    },
    DESIGNATED_PORT(port) {
      port.role = "designated";
    },
    DESIGNATED_PROPOSE(port) {
      port.proposing = true;
      port.edgeDelayWhile = EDGE_DELAY;
      port.newInfo = true;
    },
    DESIGNATED_SYNCED(port) {
      port.rrWhile = 0;
      port.synced = true;
      port.sync = false;
    },
    DESIGNATED_RETIRED(port) {
      port.reRoot = false;
    },
    DESIGNATED_LEARN: startLearning,
    DESIGNATED_FORWARD(port) {
      port.forward = true;
      port.fdWhile = 0;
      port.agreed = port.sendRstp;
    },
    DESIGNATED_DISCARD(port) {
      stop(port);
      port.disputed = false;
      port.fdWhile = port.forwardDelay;
    },
    BLOCK_PORT(port) {
      port.role = port.selectedRole;
      stop(port);
    },
    ALTERNATE_PORT(port) {
      port.fdWhile = port.fwdDelay;
      rest(port);
    },
    ALTERNATE_PROPOSED(port) {
      setSyncTree(port);
      port.proposed = false;
    },
    ALTERNATE_AGREED(port) {
      port.proposed = false;
      port.agree = true;
      port.newInfo = true;
    },
    BACKUP_PORT(port) {
      port.rbWhile = 2 * port.helloTime;
    },
  },
});

/** EdgeDelay of a link between two [17.20.4]. */
const EDGE_DELAY = 3;

function nextOfDisabled(port: TreePort, state: State): State | null {
  if (state === "DISABLE_PORT") return port.learning || port.forwarding ? null : "DISABLED_PORT";
  return isAtRest(port) && port.fdWhile === port.maxAge ? null : "DISABLED_PORT";
}

function nextOfRoot(port: TreePort): State | null {
  if (port.proposed && !port.agree) return "ROOT_PROPOSED";
  if ((allSynced(port) && !port.agree) || (port.proposed && port.agree)) return "ROOT_AGREED";
  if (!port.forward && !port.reRoot) return "REROOT";
  if (port.rrWhile !== port.fwdDelay) return "ROOT_PORT";
  if (port.reRoot && port.forward) return "REROOTED";
  if (port.forward || (port.fdWhile !== 0 && !(port.reRooted && port.rbWhile === 0))) return null;
  return port.learn ? "ROOT_FORWARD" : "ROOT_LEARN";
}

function nextOfDesignated(port: TreePort): State | null {
  if (!port.forward && !port.agreed && !port.proposing && !port.operEdge) return "DESIGNATED_PROPOSE";
  const stopped = !port.learning && !port.forwarding;
  if (((stopped || port.agreed || port.operEdge) && !port.synced) || (port.sync && port.synced))
    return "DESIGNATED_SYNCED";
  if (port.rrWhile === 0 && port.reRoot) return "DESIGNATED_RETIRED";
  if (mustStop(port)) return "DESIGNATED_DISCARD";
  if (port.forward || !mayGoOn(port)) return null;
  return port.learn ? "DESIGNATED_FORWARD" : "DESIGNATED_LEARN";
}

function mustStop(port: TreePort): boolean {
  const asked = (port.sync && !port.synced) || (port.reRoot && port.rrWhile !== 0) || port.disputed;
  return asked && !port.operEdge && (port.learn || port.forward);
}

function mayGoOn(port: TreePort): boolean {
  const safe = port.fdWhile === 0 || port.agreed || port.operEdge;
  return safe && (port.rrWhile === 0 || !port.reRoot) && !port.sync;
}

function nextOfAlternate(port: TreePort, state: State): State | null {
  if (state === "BLOCK_PORT") return port.learning || port.forwarding ? null : "ALTERNATE_PORT";
  if (state !== "ALTERNATE_PORT") return "ALTERNATE_PORT";
  if (port.proposed && !port.agree) return "ALTERNATE_PROPOSED";
  if ((allSynced(port) && !port.agree) || (port.proposed && port.agree)) return "ALTERNATE_AGREED";
  if (port.role === "backup" && port.rbWhile !== 2 * port.helloTime) return "BACKUP_PORT";
  return isAtRest(port) && port.fdWhile === port.fwdDelay ? null : "ALTERNATE_PORT";
}

function startLearning(port: TreePort): void {
  port.fdWhile = port.forwardDelay;
  port.learn = true;
}

function stop(port: TreePort): void {
  port.learn = false;
  port.forward = false;
}

function rest(port: TreePort): void {
  port.synced = true;
  port.rrWhile = 0;
  port.sync = false;
  port.reRoot = false;
}

function isAtRest(port: TreePort): boolean {
  return port.synced && !port.sync && !port.reRoot;
}

/** [17.20.3] */
function allSynced({ bridge }: TreePort): boolean {
  return bridge.ports.every(
    (port) =>
      port.selected &&
      port.role === port.selectedRole &&
      !port.updtInfo &&
      (port.synced || port.role === "root"),
  );
}

/** [17.21.16] */
function setSyncTree({ bridge }: TreePort): void {
  for (const port of bridge.ports) port.sync = true;
}
