/** The Port Protocol Migration state machine [802.1D-2004 17.24]: speaks STP to a neighbour that knows no better. */
import { machine } from "./machine.js";
import { MIGRATE_TIME } from "./migrate-time.js";

export const MIGRATION = machine<"CHECKING_RSTP" | "SELECTING_STP" | "SENSING">({
  name: "PortProtocolMigration",
  initial: "CHECKING_RSTP",
  next(port, state) {
    switch (state) {
      case "CHECKING_RSTP":
        if (port.mdelayWhile === 0) return "SENSING";
        return port.mdelayWhile !== MIGRATE_TIME && !port.portEnabled ? "CHECKING_RSTP" : null;
      case "SELECTING_STP":
        return port.mdelayWhile === 0 || !port.portEnabled || port.mcheck ? "SENSING" : null;
      case "SENSING":
        if (!port.portEnabled || port.mcheck || (!port.sendRstp && port.rcvdRstp)) return "CHECKING_RSTP";
        return port.sendRstp && port.rcvdStp ? "SELECTING_STP" : null;
    }
  },
  enter: {
    CHECKING_RSTP(port) {
      port.mcheck = false;
      port.sendRstp = true;
      port.mdelayWhile = MIGRATE_TIME;
    },
    SELECTING_STP(port) {
      port.sendRstp = false;
      port.mdelayWhile = MIGRATE_TIME;
    },
    SENSING(port) {
      port.rcvdRstp = false;
      port.rcvdStp = false;
    },
  },
});
