/** Switches that look for loops, and what they tell. */
import { LoopGuard, type LoopGuardOptions } from "../../src/switch/loop/loop-guard.js";
import type { Port } from "../../src/switch/port.js";
import type { ProtocolEvent } from "../../src/switch/protocol.js";
import type { Switch } from "../../src/switch/switch.js";
import { BROADCAST, frame } from "./frames.js";
import type { Host, Lab } from "./topology.js";

export interface Guarded {
  readonly lan: Switch;
  readonly events: ProtocolEvent[];
  /** Of events about loops. */
  readonly messages: () => string[];
  readonly figures: () => Readonly<Record<string, number>>;
}

export function guarded(lab: Lab, options: LoopGuardOptions = {}): Guarded {
  const events: ProtocolEvent[] = [];
  const lan = lab.switch({ events: { told: (event) => void events.push(event) } });
  lan.use(new LoopGuard(options));
  const messages = () => events.filter(({ type }) => type === "loop").map(({ message }) => message);
  return { lan, events, messages, figures: () => lan.figures()["loop-probe"]! };
}

export function states(ports: readonly Port[]): string {
  return ports.map(({ state }) => state).join(" ");
}

/** Sends a broadcast without waiting for its end. */
export function shout(host: Host): void {
  host.starts(frame({ to: BROADCAST, from: host }));
}
