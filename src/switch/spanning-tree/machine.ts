import type { TreePort } from "./tree-port.js";

/** A state machine of a port, drawn as in the standard: arrows between states, and what is done on entering each. */
export interface Machine<State extends string = string> {
  readonly name: string;
  /** Where BEGIN leads. */
  readonly initial: State;
  /** The state to enter next, the same one perhaps; null while no condition holds. */
  next(port: TreePort, state: State): State | null;
  readonly enter: Readonly<Record<State, (port: TreePort) => void>>;
}

/** Makes a machine of any states one of the list. */
export function machine<State extends string>(drawn: Machine<State>): Machine {
  return drawn as unknown as Machine;
}

export function begin({ name, initial, enter }: Machine, port: TreePort): void {
  port.states[name] = initial;
  enter[initial]!(port);
}

/** One transition, if there is one. */
export function step({ name, next, enter }: Machine, port: TreePort): boolean {
  const to = next(port, port.states[name]!);
  if (to === null) return false;
  port.states[name] = to;
  enter[to]!(port);
  return true;
}
