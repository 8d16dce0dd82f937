/** The Port Information state machine [802.1D-2004 17.27]: what is known of the segment behind a port, and since when. */
import { machine } from "./machine.js";
import { compareVectors, isSameTimes, isSuperior, vectorOf } from "./priority-vector.js";
import type { TreePort } from "./tree-port.js";

type State =
  | "DISABLED"
  | "AGED"
  | "UPDATE"
  | "CURRENT"
  | "RECEIVE"
  | "SUPERIOR_DESIGNATED"
  | "REPEATED_DESIGNATED"
  | "INFERIOR_DESIGNATED"
  | "NOT_DESIGNATED"
  | "OTHER";

const BY_INFO = {
  superior: "SUPERIOR_DESIGNATED",
  repeated: "REPEATED_DESIGNATED",
  inferior: "INFERIOR_DESIGNATED",
  "inferior-root-alternate": "NOT_DESIGNATED",
  other: "OTHER",
} as const;

export const PORT_INFORMATION = machine<State>({
  name: "PortInformation",
  initial: "DISABLED",
  next(port, state) {
    if (!port.portEnabled && port.infoIs !== "disabled") return "DISABLED";
    switch (state) {
      case "DISABLED":
        return port.rcvdMsg ? "DISABLED" : port.portEnabled ? "AGED" : null;
      case "AGED":
        return port.selected && port.updtInfo ? "UPDATE" : null;
      case "CURRENT":
        return nextOfCurrent(port);
      case "RECEIVE":
        return BY_INFO[port.rcvdInfo];
      default:
        return "CURRENT";
    }
  },
  enter: {
    DISABLED(port) {
      port.rcvdMsg = false;
      port.proposing = false;
      port.proposed = false;
      port.agree = false;
      port.agreed = false;
      port.rcvdInfoWhile = 0;
      port.infoIs = "disabled";
      reselect(port);
    },
    AGED(port) {
      port.infoIs = "aged";
      reselect(port);
    },
    UPDATE(port) {
      port.proposing = false;
      port.proposed = false;
      port.agreed &&= isMineBetterOrSame(port);
      port.synced &&= port.agreed;
      port.portPriority = port.designatedPriority;
      port.portTimes = port.designatedTimes;
      port.updtInfo = false;
      port.infoIs = "mine";
      port.newInfo = true;
    },
    CURRENT: () => undefined,
    RECEIVE(port) {
      port.rcvdInfo = receivedInfo(port);
    },
    SUPERIOR_DESIGNATED(port) {
      port.agreed = false;
      port.proposing = false;
      recordProposal(port);
      setTcFlags(port);
      port.agree &&= isReceivedBetterOrSame(port);
      recordPriorityAndTimes(port);
      updateRcvdInfoWhile(port);
      port.infoIs = "received";
      reselect(port);
      port.rcvdMsg = false;
    },
    REPEATED_DESIGNATED(port) {
      recordProposal(port);
      setTcFlags(port);
      recordAgreement(port);
      updateRcvdInfoWhile(port);
      port.rcvdMsg = false;
    },
    INFERIOR_DESIGNATED(port) {
      recordDispute(port);
      port.rcvdMsg = false;
    },
    NOT_DESIGNATED(port) {
      recordAgreement(port);
      setTcFlags(port);
      port.rcvdMsg = false;
    },
    OTHER(port) {
      port.rcvdMsg = false;
    },
  },
});

function nextOfCurrent(port: TreePort): State | null {
  if (port.selected && port.updtInfo) return "UPDATE";
  if (port.updtInfo) return null;
  if (port.rcvdMsg) return "RECEIVE";
  return port.infoIs === "received" && port.rcvdInfoWhile === 0 ? "AGED" : null;
}

function reselect(port: TreePort): void {
  port.reselect = true;
  port.selected = false;
}

/** rcvInfo [17.21.8] */
function receivedInfo(port: TreePort): TreePort["rcvdInfo"] {
  const { msg } = port;
  if (msg.type === "tcn") {
    port.rcvdTcn = true;
    return "other";
  }
  const [message, order] = [vectorOf(msg), compareVectors(vectorOf(msg), port.portPriority)];
  if (msg.role !== "designated") return order >= 0 ? "inferior-root-alternate" : "other";
  if (order === 0)
    return isSameTimes(msg.times, port.portTimes) && port.infoIs === "received" ? "repeated" : "superior";
  return isSuperior(message, port.portPriority) ? "superior" : "inferior";
}

/** betterorsameInfo [17.21.1] */
function isMineBetterOrSame(port: TreePort): boolean {
  return port.infoIs === "mine" && compareVectors(port.designatedPriority, port.portPriority) <= 0;
}

function isReceivedBetterOrSame(port: TreePort): boolean {
  if (port.infoIs !== "received" || port.msg.type === "tcn") return false;
  return compareVectors(vectorOf(port.msg), port.portPriority) <= 0;
}

/** [17.21.9] Each port of ours has one neighbour, as far as anyone knows: operPointToPointMAC is always true. */
function recordAgreement(port: TreePort): void {
  port.agreed = port.msg.type === "rst" && port.msg.agreement;
  if (port.agreed) port.proposing = false;
}

/** [17.21.10] */
function recordDispute(port: TreePort): void {
  if (port.msg.type !== "rst" || !port.msg.learning) return;
  port.disputed = true;
  port.agreed = false;
}

/** [17.21.11] */
function recordProposal(port: TreePort): void {
  if (port.msg.type === "rst" && port.msg.proposal) port.proposed = true;
}

/** [17.21.12, 17.21.13] */
function recordPriorityAndTimes(port: TreePort): void {
  if (port.msg.type === "tcn") return;
  port.portPriority = vectorOf(port.msg);
  port.portTimes = port.msg.times;
}

/** [17.21.17] */
function setTcFlags(port: TreePort): void {
  if (port.msg.type === "tcn") return;
  if (port.msg.tc) port.rcvdTc = true;
  if (port.msg.tcAck) port.rcvdTcAck = true;
}

/** updtRcvdInfoWhile [17.21.23] */
function updateRcvdInfoWhile(port: TreePort): void {
  const { messageAge, maxAge, helloTime } = port.portTimes;
  port.rcvdInfoWhile = messageAge + 1 <= maxAge ? Math.ceil(3 * Math.max(1, helloTime)) : 0;
}
