/**
 * The variables of one port, under the names that the standard has for them [802.1D-2004 17.19]. The state machines
 * read and write them; nothing else does. Times are in seconds, counted down by one a second.
 */
import type { Bpdu, BpduTimes } from "../../frame/bpdu.js";
import type { PortState } from "../port-state.js";
import type { PriorityVector } from "./priority-vector.js";

export const ROLES = ["disabled", "root", "designated", "alternate", "backup"] as const;
export type Role = (typeof ROLES)[number];

/** What an administrator decides about a port. */
export interface TreePortSettings {
  /** 0 to 240 in steps of 16; the smaller, the sooner it is chosen [17.14]. */
  readonly priority: number;
  /** [17.14, table 17-3] */
  readonly pathCost: number;
  /** No bridge is behind it: it forwards at once. */
  readonly adminEdge: boolean;
  /** Found out by itself, where no bridge is heard for three seconds. */
  readonly autoEdge: boolean;
}

/** What the tree does to the port itself. */
export interface TreePortOutput {
  send(bpdu: Bpdu): void;
  setState(state: PortState): void;
  /** Forgets the addresses behind the port. */
  flush(): void;
}

/** The variables of the bridge [17.18]. */
export interface Bridge {
  /** Priority and MAC address, 16 hex digits. */
  readonly id: string;
  /** Bridge Max Age, Hello Time and Forward Delay; the message age is 0. */
  readonly times: BpduTimes;
  readonly ports: readonly TreePort[];
  rootPriority: PriorityVector;
  rootTimes: BpduTimes;
  /** Null while this bridge is the root itself. */
  rootPort: TreePort | null;
}

export class TreePort {
  readonly bridge: Bridge;
  readonly settings: TreePortSettings;
  readonly output: TreePortOutput;
  /** Priority (4 bits) and number (12 bits). */
  readonly portId: number;
  /** Of each state machine, by its name. */
  readonly states: Record<string, string> = {};

  // Timers [17.17].
  edgeDelayWhile = 0;
  fdWhile = 0;
  helloWhen = 0;
  mdelayWhile = 0;
  rbWhile = 0;
  rcvdInfoWhile = 0;
  rrWhile = 0;
  tcWhile = 0;

  // Variables [17.19].
  agree = false;
  agreed = false;
  disputed = false;
  forward = false;
  forwarding = false;
  infoIs: "received" | "mine" | "aged" | "disabled" = "disabled";
  learn = false;
  learning = false;
  mcheck = false;
  newInfo = false;
  operEdge = false;
  portEnabled = false;
  proposed = false;
  proposing = false;
  rcvdBpdu = false;
  rcvdInfo: "superior" | "repeated" | "inferior" | "inferior-root-alternate" | "other" = "other";
  rcvdMsg = false;
  rcvdRstp = false;
  rcvdStp = false;
  rcvdTc = false;
  rcvdTcAck = false;
  rcvdTcn = false;
  reRoot = false;
  reselect = false;
  role: Role = "disabled";
  selected = false;
  selectedRole: Role = "disabled";
  sendRstp = false;
  sync = false;
  synced = false;
  tcAck = false;
  tcProp = false;
  txCount = 0;
  updtInfo = false;
  designatedPriority: PriorityVector;
  designatedTimes: BpduTimes;
  portPriority: PriorityVector;
  portTimes: BpduTimes;
  msg: Bpdu = { type: "tcn" };

  constructor(bridge: Bridge, number: number, settings: TreePortSettings, output: TreePortOutput) {
    this.bridge = bridge;
    this.settings = settings;
    this.output = output;
    this.portId = (settings.priority << 8) | (number & 0x0fff);
    this.designatedPriority = { root: bridge.id, cost: 0, bridge: bridge.id, port: this.portId };
    this.portPriority = this.designatedPriority;
    this.designatedTimes = bridge.times;
    this.portTimes = bridge.times;
  }

  // Conditions [17.20].
  get helloTime(): number {
    return this.designatedTimes.helloTime;
  }

  get maxAge(): number {
    return this.designatedTimes.maxAge;
  }

  get fwdDelay(): number {
    return this.designatedTimes.forwardDelay;
  }

  /** One Hello Time suffices where the neighbour answers proposals [17.20.5]. */
  get forwardDelay(): number {
    return this.sendRstp ? this.helloTime : this.fwdDelay;
  }

  /** All other ports follow the new root, or can no longer be part of a loop through the old one [17.20.10]. */
  get reRooted(): boolean {
    return this.bridge.ports.every((port) => port === this || port.rrWhile === 0);
  }
}
