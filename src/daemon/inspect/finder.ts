/** Finds networks and ports by what people call them. */
import { TapswitchError } from "../../errors.js";
import type { Port } from "../../switch/port.js";
import type { InspectedNetwork } from "./inspected.js";

/** A port, and the network that it is in. */
export interface Found {
  readonly network: InspectedNetwork;
  readonly port: Port;
}

export function nameOf({ watched }: InspectedNetwork): string {
  return watched.switch.name;
}

/** The network of that name, or all. Throws `not-found`. */
export function findNetworks(all: readonly InspectedNetwork[], name?: string): readonly InspectedNetwork[] {
  if (name === undefined) return all;
  const found = all.filter((network) => nameOf(network) === name);
  if (found.length > 0) return found;
  const names = all.map(nameOf).join(", ");
  throw new TapswitchError("not-found", `there is no network '${name}' here, only ${names}`);
}

/** The network of that name; without one, the only one there is. Throws `not-found`, `usage`. */
export function findNetwork(all: readonly InspectedNetwork[], name?: string): InspectedNetwork {
  const [found, another] = findNetworks(all, name);
  if (another === undefined) return found!;
  throw new TapswitchError("usage", `say in which network: ${all.map(nameOf).join(", ")}`);
}

/** Every port of that number or name. Throws `not-found`. */
export function findPorts(networks: readonly InspectedNetwork[], wanted: string): readonly Found[] {
  const found = networks.flatMap((network) => {
    const port = portOf(network.watched.switch.ports, wanted);
    return port === undefined ? [] : [{ network, port }];
  });
  if (found.length > 0) return found;
  throw new TapswitchError("not-found", `there is no port '${wanted}' in ${networks.map(nameOf).join(", ")}`);
}

/** The port of that number or name, which must be one. Throws `not-found`, `usage`. */
export function findPort(networks: readonly InspectedNetwork[], wanted: string): Found {
  const [found, another] = findPorts(networks, wanted);
  if (another === undefined) return found!;
  const both = `${nameOf(found!.network)} and ${nameOf(another.network)}`;
  throw new TapswitchError("usage", `there is a port '${wanted}' in ${both}: say in which network`);
}

/** Numbers go first: nobody can take a port's number by choosing a name. */
function portOf(ports: readonly Port[], wanted: string): Port | undefined {
  const byNumber = /^\d+$/.test(wanted) ? ports.find(({ id }) => id === Number(wanted)) : undefined;
  return byNumber ?? ports.find(({ name }) => name === wanted);
}
