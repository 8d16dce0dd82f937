/**
 * What Wireshark's list of interfaces shows: every network and port of the processes of this machine. An interface is
 * called "tapswitch:NETWORK" or "tapswitch:NETWORK:PORT"; behind "@" is the name of the socket, unless it is the
 * server's usual one.
 */
import { basename } from "node:path";
import { controlFiles } from "../../control/control-folders.js";
import { ask } from "./ask.js";

/** A list of thousands would be no help; the networks are in it always. */
const MAX_PORTS = 200;
const USUAL = "control";
const ID = /^tapswitch:([^:@]+)(?::([^:@]+))?(?:@(.+))?$/;

/** One line in the list. */
export interface Source {
  readonly id: string;
  readonly display: string;
}

/** What an interface's name stands for. */
export interface Target {
  readonly socket: string;
  readonly network: string;
  readonly port: string | undefined;
}

interface Labelled {
  readonly label: string;
  readonly path: string;
}

/** Everything there is to capture; `extra` are sockets in unusual places. */
export async function listSources(extra: readonly string[]): Promise<Source[]> {
  return (await Promise.all(sockets(extra).map(sourcesOf))).flat();
}

/** What `id` stands for, or null where no such socket is. */
export function findTarget(id: string, extra: readonly string[]): Target | null {
  const [, network, port, label = USUAL] = ID.exec(id) ?? [];
  const socket = sockets(extra).find((one) => one.label === label);
  return network === undefined || socket === undefined ? null : { socket: socket.path, network, port };
}

/** Each with a name of its own. */
function sockets(extra: readonly string[]): Labelled[] {
  const paths = [...new Set([...extra, ...controlFiles().map(({ path }) => path)])];
  const taken = new Map<string, number>();
  return paths.map((path) => {
    const name = basename(path, ".sock").replace(/[^\w.-]/g, "_");
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    return { path, label: count === 1 ? name : `${name}.${count}` };
  });
}

async function sourcesOf({ path, label }: Labelled): Promise<Source[]> {
  const [networks, ports] = await Promise.all([
    ask<{ name: string }[]>(path, "/v1/networks"),
    ask<{ network: string; name: string; id: number }[]>(path, "/v1/ports"),
  ]);
  if (networks === null || ports === null) return [];
  const [behind, where] = label === USUAL ? ["", ""] : [`@${label}`, `, ${label}`];
  const shown = ports.slice(0, MAX_PORTS);
  return networks.flatMap(({ name: network }) => [
    { id: `tapswitch:${network}${behind}`, display: `tapswitch: all of ${network}${where}` },
    ...shown
      .filter((port) => port.network === network)
      .map(({ name, id }) => ({
        id: `tapswitch:${network}:${/^[\w.-]+$/.test(name) ? name : id}${behind}`,
        display: `tapswitch: ${name.replace(/[{}\s]/g, " ")} (${network}${where})`,
      })),
  ]);
}
