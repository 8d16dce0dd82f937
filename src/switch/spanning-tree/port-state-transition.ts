/** The Port State Transition state machine [802.1D-2004 17.30]: does what the others have decided. */
import { machine } from "./machine.js";

export const PORT_STATE_TRANSITION = machine<"DISCARDING" | "LEARNING" | "FORWARDING">({
  name: "PortStateTransition",
  initial: "DISCARDING",
  next(port, state) {
    switch (state) {
      case "DISCARDING":
        return port.learn ? "LEARNING" : null;
      case "LEARNING":
        return port.forward ? "FORWARDING" : port.learn ? null : "DISCARDING";
      case "FORWARDING":
        return port.forward ? null : "DISCARDING";
    }
  },
  enter: {
    DISCARDING(port) {
      port.output.setState("discarding");
      port.learning = false;
      port.forwarding = false;
    },
    LEARNING(port) {
      port.output.setState("learning");
      port.learning = true;
    },
    FORWARDING(port) {
      port.output.setState("forwarding");
      port.forwarding = true;
    },
  },
});
