/**
 * One bridge in a spanning tree [802.1D-2004 clause 17]: its variables, and the run of all state machines until none
 * of them has anything left to do. It knows no switch: ports hand in what they received, and say by their output what
 * becomes of them.
 */
import type { Bpdu, BpduTimes } from "../../frame/bpdu.js";
import { BRIDGE_DETECTION } from "./bridge-detection.js";
import { begin, type Machine, step } from "./machine.js";
import { PORT_INFORMATION } from "./port-information.js";
import { MIGRATION } from "./port-protocol-migration.js";
import { PORT_RECEIVE } from "./port-receive.js";
import { selectRoles } from "./port-role-selection.js";
import { PORT_ROLE_TRANSITION } from "./port-role-transition.js";
import { PORT_STATE_TRANSITION } from "./port-state-transition.js";
import { countDown } from "./port-timers.js";
import { PORT_TRANSMIT } from "./port-transmit.js";
import type { PriorityVector } from "./priority-vector.js";
import { TOPOLOGY_CHANGE } from "./topology-change.js";
import { type Bridge, TreePort, type TreePortOutput, type TreePortSettings } from "./tree-port.js";

/** In the order in which news travels: received, understood, decided, done, told. */
const MACHINES: readonly Machine[] = [
  PORT_RECEIVE,
  MIGRATION,
  BRIDGE_DETECTION,
  PORT_INFORMATION,
  PORT_ROLE_TRANSITION,
  PORT_STATE_TRANSITION,
  TOPOLOGY_CHANGE,
  PORT_TRANSMIT,
];

export type TreeOptions = Pick<Bridge, "id" | "times">;

export class Tree implements Bridge {
  readonly id: string;
  readonly times: BpduTimes;
  readonly ports: TreePort[] = [];
  rootPriority: PriorityVector;
  rootTimes: BpduTimes;
  rootPort: TreePort | null = null;

  constructor({ id, times }: TreeOptions) {
    this.id = id;
    this.times = times;
    this.rootPriority = { root: id, cost: 0, bridge: id, port: 0 };
    this.rootTimes = times;
  }

  get isRoot(): boolean {
    return this.rootPort === null;
  }

  /** A port with a number of its own, not enabled yet. */
  add(number: number, settings: TreePortSettings, output: TreePortOutput): TreePort {
    const port = new TreePort(this, number, settings, output);
    this.ports.push(port);
    for (const machine of MACHINES) begin(machine, port);
    this.run();
    return port;
  }

  remove(port: TreePort): void {
    this.enable(port, false);
    this.ports.splice(this.ports.indexOf(port), 1);
  }

  /** Its link is up and it takes part, or not. */
  enable(port: TreePort, enabled: boolean): void {
    port.portEnabled = enabled;
    this.run();
  }

  /** Takes a BPDU that came in; one that this port has sent itself says nothing [9.3.4]. */
  receive(port: TreePort, bpdu: Bpdu): void {
    if (!port.portEnabled) return;
    if (bpdu.type !== "tcn" && bpdu.bridge === this.id && bpdu.port === port.portId) return;
    port.msg = bpdu;
    port.rcvdBpdu = true;
    this.run();
  }

  /** A second has passed. */
  tick(): void {
    for (const port of this.ports) countDown(port);
    this.run();
  }

  /** Every machine of every port, and the roles, until all is settled. */
  run(): void {
    for (let changed = true; changed; ) {
      changed = selectRoles(this);
      for (const port of this.ports)
        for (const machine of MACHINES) while (step(machine, port)) changed = true;
    }
  }
}
