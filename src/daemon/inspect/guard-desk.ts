/** The answers about what the guards of the networks know: `guard-api.ts`. */
import type { GuardCall, Handlers } from "../../control/api.js";
import { findNetworks } from "./finder.js";
import type { Inspected } from "./inspected.js";

export function guardDesk({ clock, networks }: Inspected): Handlers<GuardCall> {
  const guardsOf = (network: string | undefined) =>
    findNetworks(networks(), network).map(({ watched }) => watched.protections.guards);
  return {
    leases: ({ network }) => guardsOf(network).flatMap((guards) => guards.leases()),
    bindings: ({ network }) =>
      guardsOf(network).flatMap((guards) => guards.bindings(clock.now(), Date.now())),
    rules: ({ network }) => guardsOf(network).flatMap((guards) => guards.rules()),
  };
}
