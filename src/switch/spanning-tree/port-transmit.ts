/** The Port Transmit state machine [802.1D-2004 17.26], and what it sends [17.21.19 to 17.21.21]. */
import type { SentRole, TreeBpdu } from "../../frame/bpdu.js";
import { machine } from "./machine.js";
import type { TreePort } from "./tree-port.js";

/** BPDUs of a port in one second [17.13.12]. */
const TX_HOLD_COUNT = 6;

type State =
  | "TRANSMIT_INIT"
  | "TRANSMIT_PERIODIC"
  | "TRANSMIT_CONFIG"
  | "TRANSMIT_TCN"
  | "TRANSMIT_RSTP"
  | "IDLE";

export const PORT_TRANSMIT = machine<State>({
  name: "PortTransmit",
  initial: "TRANSMIT_INIT",
  next(port, state) {
    if (state !== "IDLE") return "IDLE";
    if (!port.portEnabled || !port.selected || port.updtInfo) return null;
    if (port.helloWhen === 0) return "TRANSMIT_PERIODIC";
    if (!port.newInfo || port.txCount >= TX_HOLD_COUNT) return null;
    if (port.sendRstp) return "TRANSMIT_RSTP";
    if (port.role === "designated") return "TRANSMIT_CONFIG";
    return port.role === "root" ? "TRANSMIT_TCN" : null;
  },
  enter: {
    TRANSMIT_INIT(port) {
      port.newInfo = true;
      port.txCount = 0;
    },
    TRANSMIT_PERIODIC(port) {
      port.newInfo ||= port.role === "designated" || (port.role === "root" && port.tcWhile !== 0);
    },
    TRANSMIT_CONFIG(port) {
      port.newInfo = false;
      port.output.send(config(port));
      port.txCount++;
      port.tcAck = false;
    },
    TRANSMIT_TCN(port) {
      port.newInfo = false;
      port.output.send({ type: "tcn" });
      port.txCount++;
    },
    TRANSMIT_RSTP(port) {
      port.newInfo = false;
      port.output.send(rapid(port));
      port.txCount++;
      port.tcAck = false;
    },
    IDLE(port) {
      port.helloWhen = port.helloTime;
    },
  },
});

function config(port: TreePort): TreeBpdu {
  return {
    type: "config",
    ...port.designatedPriority,
    times: port.designatedTimes,
    tc: port.tcWhile !== 0,
    tcAck: port.tcAck,
    role: "designated",
    proposal: false,
    agreement: false,
    learning: false,
    forwarding: false,
  };
}

function rapid(port: TreePort): TreeBpdu {
  return {
    ...config(port),
    type: "rst",
    tcAck: false,
    role: sentRole(port),
    proposal: port.proposing,
    agreement: port.agree,
    learning: port.learning,
    forwarding: port.forwarding,
  };
}

function sentRole({ role }: TreePort): SentRole {
  return role === "backup" ? "alternate" : role === "disabled" ? "unknown" : role;
}
