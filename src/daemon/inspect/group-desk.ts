import type { Handlers } from "../../control/api.js";
import { findNetworks, nameOf } from "./finder.js";
import type { Inspected } from "./inspected.js";

/** Who listens to what, in networks that look after it. */
export function groupDesk(inspected: Inspected): Handlers<"groups"> {
  return {
    groups: ({ network: wanted }) => {
      const found = findNetworks(inspected.networks(), wanted).flatMap((network) => {
        const snapshot = network.watched.protections.multicast.snooping?.snapshot();
        return snapshot === undefined ? [] : [{ network: nameOf(network), ...snapshot }];
      });
      return {
        groups: found.flatMap(({ network, groups }) => groups.map((one) => ({ network, ...copied(one) }))),
        queriers: found.flatMap(({ network, listenings }) =>
          listenings.map(({ openPorts, ...one }) => ({ network, ...one, openPorts: [...openPorts] })),
        ),
      };
    },
  };
}

function copied<Item, One extends { readonly ports: readonly Item[] }>(one: One): One & { ports: Item[] } {
  return { ...one, ports: [...one.ports] };
}
