/** The Port Receive state machine [802.1D-2004 17.23]. */
import { machine } from "./machine.js";
import { MIGRATE_TIME } from "./migrate-time.js";
import type { TreePort } from "./tree-port.js";

export const PORT_RECEIVE = machine<"DISCARD" | "RECEIVE">({
  name: "PortReceive",
  initial: "DISCARD",
  next(port) {
    if (!port.portEnabled) return port.rcvdBpdu || port.edgeDelayWhile !== MIGRATE_TIME ? "DISCARD" : null;
    return port.rcvdBpdu && !port.rcvdMsg ? "RECEIVE" : null;
  },
  enter: {
    DISCARD(port) {
      port.rcvdBpdu = false;
      port.rcvdRstp = false;
      port.rcvdStp = false;
      port.rcvdMsg = false;
      port.edgeDelayWhile = MIGRATE_TIME;
    },
    RECEIVE(port) {
      updateBpduVersion(port);
      port.operEdge = false;
      port.rcvdBpdu = false;
      port.rcvdMsg = true;
      port.edgeDelayWhile = MIGRATE_TIME;
    },
  },
});

/** updtBPDUVersion [17.21.22] */
function updateBpduVersion(port: TreePort): void {
  if (port.msg.type === "rst") port.rcvdRstp = true;
  else port.rcvdStp = true;
}
